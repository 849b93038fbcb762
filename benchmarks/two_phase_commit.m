-- Two-phase commit (Gray and Lamport): the system of two_phase_commit.py for Murphi checkers.

const
  RESOURCES : 8;

type
  Resource : 0 .. RESOURCES - 1;
  ResourceState : enum { Working, Prepared, Committed, Aborted };
  ManagerState : enum { Init, ManagerCommitted, ManagerAborted };

var
  rm : array [Resource] of ResourceState;
  tm : ManagerState;
  tm_prepared : array [Resource] of boolean;
  said_prepared : array [Resource] of boolean;
  said_commit : boolean;
  said_abort : boolean;

startstate begin
  for r : Resource do
    rm[r] := Working;
    tm_prepared[r] := false;
    said_prepared[r] := false;
  endfor;
  tm := Init;
  said_commit := false;
  said_abort := false;
endstartstate;

rule "commit" tm = Init & (forall r : Resource do tm_prepared[r] endforall) ==> begin
  tm := ManagerCommitted;
  said_commit := true;
endrule;

rule "abort" tm = Init ==> begin
  tm := ManagerAborted;
  said_abort := true;
endrule;

ruleset r : Resource do
  rule "receive" tm = Init & said_prepared[r] ==> begin
    tm_prepared[r] := true;
  endrule;

  rule "prepare" rm[r] = Working ==> begin
    rm[r] := Prepared;
    said_prepared[r] := true;
  endrule;

  rule "give up" rm[r] = Working ==> begin
    rm[r] := Aborted;
  endrule;

  rule "learn commit" said_commit ==> begin
    rm[r] := Committed;
  endrule;

  rule "learn abort" said_abort ==> begin
    rm[r] := Aborted;
  endrule;
endruleset;

invariant "consistent"
  !((exists r : Resource do rm[r] = Committed endexists) & (exists r : Resource do rm[r] = Aborted endexists));

---- MODULE module_case ----
\* case: the unreduced system. An action is a step of an agent. Tables are row by row. Brackets name elements in the
\* order of their numbers, from 0.
\* Design: add_is_locked = False, order = FIRST.
EXTENDS Integers, TLC

VARIABLES
  word, \* word[x]
  at_cpu0, \* where cpu0 stands
  cpu0_add_seen_0, \* cpu0: add.seen
  at_cpu1, \* where cpu1 stands
  cpu1_add_seen_0 \* cpu1: add.seen

all_of_cpu0 == <<at_cpu0, cpu0_add_seen_0>>
all_of_cpu1 == <<at_cpu1, cpu1_add_seen_0>>
vars == <<word, at_cpu0, cpu0_add_seen_0, at_cpu1, cpu1_add_seen_0>>

bit(mask_, n_) == (mask_ \div (2 ^ n_)) % 2
bit_mask(n_) == 2 ^ n_
RECURSIVE bits_from(_, _, _, _)
bits_from(Op_(_, _), a_, b_, n_) ==
  IF n_ > 30 THEN 0 ELSE 2 ^ n_ * Op_(bit(a_, n_), bit(b_, n_)) + bits_from(Op_, a_, b_, n_ + 1)
or_of(x_, y_) == IF x_ + y_ > 0 THEN 1 ELSE 0
and_of(x_, y_) == x_ * y_
minus_of(x_, y_) == x_ * (1 - y_)
bits_or(a_, b_) == bits_from(or_of, a_, b_, 0)
bits_and(a_, b_) == bits_from(and_of, a_, b_, 0)
bits_minus(a_, b_) == bits_from(minus_of, a_, b_, 0)
RECURSIVE count_from(_, _)
count_from(mask_, n_) == IF n_ > 30 THEN 0 ELSE bit(mask_, n_) + count_from(mask_, n_ + 1)
bit_count(mask_) == count_from(mask_, 0)
floor_mod(a_, b_) == IF b_ = 0 THEN 0 ELSE IF b_ > 0 THEN a_ % b_ ELSE -((-a_) % (-b_))
floor_div(a_, b_) == IF b_ = 0 THEN 0 ELSE IF b_ > 0 THEN a_ \div b_ ELSE (-a_) \div (-b_)

Init ==
  /\ word = (0 :> 0)
  /\ at_cpu0 = "0 before add"
  /\ cpu0_add_seen_0 = 0
  /\ at_cpu1 = "0 before add"
  /\ cpu1_add_seen_0 = 0

\* add: add
action_cpu0_add_0 ==
  /\ at_cpu0 = "0 before add"
  /\ at_cpu0' = "1 write"
  /\ cpu0_add_seen_0' = word[0]
  /\ UNCHANGED <<word, all_of_cpu1>>

\* add: write
action_cpu0_write_1 ==
  /\ at_cpu0 = "1 write"
  /\ Assert((TRUE => ((cpu0_add_seen_0 + 1) <= 3)), "word out of bounds")
  /\ at_cpu0' = (IF ((cpu0_add_seen_0 + 1) <= 3) THEN "2 end" ELSE at_cpu0)
  /\ cpu0_add_seen_0' = (IF ((cpu0_add_seen_0 + 1) <= 3) THEN 0 ELSE cpu0_add_seen_0)
  /\ word' = LET after_1 == (IF ((cpu0_add_seen_0 + 1) <= 3) THEN [word EXCEPT ![0] = (cpu0_add_seen_0 + 1)] ELSE word) IN after_1
  /\ UNCHANGED <<all_of_cpu1>>

\* add: add
action_cpu1_add_2 ==
  /\ at_cpu1 = "0 before add"
  /\ at_cpu1' = "1 write"
  /\ cpu1_add_seen_0' = word[0]
  /\ UNCHANGED <<word, all_of_cpu0>>

\* add: write
action_cpu1_write_3 ==
  /\ at_cpu1 = "1 write"
  /\ Assert((TRUE => ((cpu1_add_seen_0 + 1) <= 3)), "word out of bounds")
  /\ at_cpu1' = (IF ((cpu1_add_seen_0 + 1) <= 3) THEN "2 end" ELSE at_cpu1)
  /\ cpu1_add_seen_0' = (IF ((cpu1_add_seen_0 + 1) <= 3) THEN 0 ELSE cpu1_add_seen_0)
  /\ word' = LET after_1 == (IF ((cpu1_add_seen_0 + 1) <= 3) THEN [word EXCEPT ![0] = (cpu1_add_seen_0 + 1)] ELSE word) IN after_1
  /\ UNCHANGED <<all_of_cpu0>>

Next ==
  \/ action_cpu0_add_0
  \/ action_cpu0_write_1
  \/ action_cpu1_add_2
  \/ action_cpu1_write_3

property_no_lost_update ==
  ~((at_cpu0 \in {"2 end"}) /\ (at_cpu1 \in {"2 end"}) /\ ~(at_cpu0 = "1 write" /\ TRUE) /\ ~(at_cpu1 = "1 write" /\ TRUE)) \/ (word[0] = 2)
====

The configuration:
INIT Init
NEXT Next
INVARIANT property_no_lost_update

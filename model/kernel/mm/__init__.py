"""Memory management: address spaces, page tables, TLBs, page frames, MMU notifiers, get_user_pages."""

"""Sign-in, roles and rights: who is signed in, and what each person may do."""

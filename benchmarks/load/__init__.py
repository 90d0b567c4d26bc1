"""Many learners at once on the real server ▶ how soon each is answered, and what that takes."""

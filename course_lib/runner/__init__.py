"""What runs the course: the `course` command. Nothing imports it but lesson 00, which shows `doctor`."""

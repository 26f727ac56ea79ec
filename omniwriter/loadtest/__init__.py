"""What users of Omni Writer do in a load test, what is made for it and how it goes again: glue to perfmon."""

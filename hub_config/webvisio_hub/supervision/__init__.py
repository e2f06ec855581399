"""What `make run` runs: one supervisor and its children.

`layout` says where everything is, `plan` what is started, `child` runs one
process, `restarts` decides when it comes back, `guardian` ends what a killed
supervisor leaves, `supervisor` composes.
"""

"""Verbs: one function per change, which lock, record, do the work, and record again.

Admin actions, commands and tasks call these and nothing below them.
"""

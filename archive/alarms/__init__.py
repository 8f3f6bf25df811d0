"""Alarms: what is wrong, since when, how one knows, what to do, who knows of it. Pure: facts in, words out.

    facts ─► judge.found ─► Findings, one for each thing that is wrong, and what could not be judged
    alarms of before, Findings, now ─► ledger.step ─► alarms: opened, kept, closed
    alarms, now ─► telling.due ─► one message: what is new, what stands unacknowledged, what is over

An alarm says that a condition (archive.alarms.conditions) of a subject (an outlet, a DAG, a file, this machine) is wrong, from
the first check that found it until it has been right for a while. `archive.alarm` is about one fault of reading; it feeds the
condition `layout`.
"""

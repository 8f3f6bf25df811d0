"""Alarms: what is wrong, since when, how one knows, what to do, who knows of it. Pure: facts in, words out.

    facts ─► conditions.found ─► Finding, one for each thing that does not hold
    Findings, alarms of before, now ─► ledger.step ─► alarms: opened, kept, closed
    alarms, now ─► telling.due ─► one message: what is new, what stands unacknowledged, what is over

An alarm is a condition (archive.alarms.conditions) of a subject (an outlet, a DAG, a file, this machine) that does not hold, from
the first check that found it until it has held again for a while. `archive.alarm` is about one fault of reading; it feeds the
condition `layout`.
"""

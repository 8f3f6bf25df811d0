"""`make week`: a week of six news sites in half an hour, and whether anything that happened in it was missed or made up.

WordPress keeps real time, so no clock is faked: durations are shortened instead. A week is `--minutes` long, so an hour
of it is minutes · 60 / 168 seconds (11.4 s at 32 minutes), and every duration of an outlet file (revisit_after,
revisit_limit, look_every, walk_every, gone_after) is its default times that hour over 3,600 s. A round, one run of one outlet, is
what cannot be shortened: its share of the week is larger than in life (4 to 5 hours instead of 15 minutes), so what is
found here is found in life as well. Delays between requests are 0, the time budget is longer than a round. Time limits
of single requests stay as they are: an answer that does not come costs 30 s, hours of this week.

The archive of a site is as old as in life: the newest 30 % of its articles are dated into the last 36 days of scaled
time (8 a day, of 1,000), the rest stays in 2019. What changes is drawn by age: an article is picked with a weight of
1 / (1 + its age in days), as most edits are made on young articles (`editor.py`).

    editor ─► test bed ◄─ rounds (two processes, three sites each) ─► bucket, catalog
       └─► record of each change, with its time ─► oracle ◄─ events of the catalog
"""

"""One service looked at once: who is sick and why, what was tried, what to do now. Pure: facts and the time in, a review out.

`facts` is what is looked at, `diagnosis` who complains, `review` the whole look, `orders` what a person asked for.
"""

"""Small services to watch, break and heal; they know nothing of Tagent.

What belongs here: a chat, a summary and a plain items service, the providers that answer for the first two, and a
gentle traffic. What may not: anything of Tagent, and any fault; whatever goes wrong here goes wrong by itself.
"""

"""Who answers: the sample itself, Gemini, or any endpoint that speaks OpenAI's chat completions.

What belongs here: one file a provider, and the choice between them. What may not: routes and the shape of our answers.
"""

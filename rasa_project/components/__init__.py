"""Rasa's extension points as Faro uses them; they see ``bot.screening`` and nothing else of the bot."""

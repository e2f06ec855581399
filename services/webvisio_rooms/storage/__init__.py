"""What rooms keep: links, settings, sessions, chat and attendance (SQLAlchemy)."""

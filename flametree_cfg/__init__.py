"""Configuration as code for AI-agent platforms: validate, plan, apply, drift."""

__version__ = "0.1.0"

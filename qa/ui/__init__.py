"""The web chat: a thin Gradio shell (`page`) over pure render functions (`render`)."""

"""The web: console for those who work here, public pages for supporters."""

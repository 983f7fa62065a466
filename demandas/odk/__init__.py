"""The mobile form (XLSForm) for ODK and KoboToolbox, and the submissions that come back from it."""

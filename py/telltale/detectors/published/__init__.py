"""Published networks that a person imported (`telltale models import`): one detector each.

They run as their authors ran them, after our face detector and landmarks. None weighs in the
verdict.
"""

"""What PyScript runs in its worker: the room's functions, for the frame to call."""

from pyscript import sync

from telltale.lab import room

for name in room.CALLS:
    setattr(sync, name, getattr(room, name))

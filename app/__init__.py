"""A clinic leaves its old software and arrives in Caspen by itself, with proof that nothing was lost."""

import atexit
import gc

# A process imports this before all else of the product. A start makes two hundred thousand objects that stay; to look
# through them for circles after every 700 new ones takes a quarter of the start, and at the end a second once more.
# `app.worker.memory` goes on from here.
gc.set_threshold(200_000, 10, 10)
atexit.register(gc.freeze)

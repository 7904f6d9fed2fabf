"""What the training scripts share: reading data, augmentation, measures, baselines, export.

Run the scripts from the repository root: `python -m models.<model-id>.train --data FOLDER`.
Needs the optional extra `train`; nothing that ships imports this package.
"""

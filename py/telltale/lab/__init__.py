"""The lab: write a detector of your own, check it, measure it, share it as one file.

The parts, each documented in docs/api:

    loading     a detector from one file
    template    the file to start from
    check       does it keep the form, and what does it do with awkward pictures
    folders     pictures of known origin: labels, sources, groups
    evaluate    scores over a folder, ROC with intervals, the worst errors
    leaks       what tells real from fake in a folder without looking at the pictures
    custom      a network of your own as a detector, by a form
    show        arrays as pictures, plots as SVG, for a notebook, the page's lab or a file
    bench       a picture, its faces and the shipped detectors in a few words

A detector from a file is unreviewed: its findings are marked, and no answer takes heed of them.
"""

# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A fault campaign, looked at
#
# `faultsim run lats2024` breaks the 4-input SHE-MTJ crossbar of LATS 2024 at the paper's places, and writes a run
# folder. This notebook reads that folder, and nothing else: no deck, no simulator. To look at another run, set
# `FAULTSIM_RUN` to its folder before the kernel starts, or change the path below. The second run, which the last part
# compares with the first, is `FAULTSIM_OTHER_RUN`.

# %%
import os
from pathlib import Path

import pandas as pd

import faultsim


def found(variable: str, campaign: str) -> Path:
    """Return the folder that a variable names, or the campaign's in runs/ here or in a folder above."""
    if variable in os.environ:
        return Path(os.environ[variable])
    here = Path.cwd()
    folders = [folder / "runs" / campaign for folder in (here, *here.parents)]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


run = faultsim.load_run(found("FAULTSIM_RUN", "lats2024"))
run

# %% [markdown]
# ## Coverage
#
# Per defect: the verdict at its default severity, and the threshold of the test that sees it best. A failed simulation
# is *unknown*, never a detection; the bounds count it as undetected and as detected.

# %%
run.coverage[["defect_id", "kind", "weight", "verdict", "best_threshold_ohm", "seen_by"]]

# %%
pd.DataFrame(run.record["coverage"]).T

# %% [markdown]
# How much of it would be seen if all opens had one resistance:

# %%
curve = {point["r_ohm"]: point["opens"]["low"] for point in run.record["over_resistance"] if "opens" in point}
pd.Series(curve, name="opens that are detected").plot(
    logx=True, drawstyle="steps-post", ylim=(0, 1.05), xlabel="resistance (ohm)", legend=True
)

# %% [markdown]
# ## Thresholds
#
# The minimum detectable resistance in ohm by test and window, as in the paper's Tables IV to VI; empty where the test
# does not see the defect. Each lies between two transients, `r_pass_ohm` and `r_fail_ohm`.

# %%
run.thresholds.pivot_table(
    index="defect_id", columns=["test", "window"], values="threshold_ohm", aggfunc="min", sort=False
).round(0)

# %% [markdown]
# Beside the published values:

# %%
run.comparison[["table", "item", "published", "ours", "ratio", "agrees", "why"]]

# %% [markdown]
# Where the paper contradicts itself, and the side on which our circuit falls:

# %%
run.contradictions[["text", "side"]].style.hide(axis="index")

# %% [markdown]
# ## The paper's Fig. 9
#
# The current through M_WR over the resistance of each open. The run has drawn it; `.save("fig9.svg")` keeps it.

# %%
run.figures["currents"]

# %% [markdown]
# The same numbers as a table, for a figure of one's own:

# %%
run.currents.pivot(index="r_ohm", columns="defect_id", values="im_wr_a").iloc[::4]

# %% [markdown]
# ## What is not seen
#
# Defects that no test sees at their default severity:

# %%
run.coverage.loc[run.coverage["verdict"] != "detected", ["defect_id", "verdict", "undetectable", "reason"]]

# %% [markdown]
# And those that a single test misses:

# %%
missed = run.thresholds[run.thresholds["verdict"] != "detected"]
missed.groupby(["defect_id", "test"], sort=False)[["window", "passes_at", "reason"]].first()

# %% [markdown]
# ## Two runs
#
# The same campaign on the other neuron set, `faultsim run lats2024-lif`. On the command line:
# `faultsim report BEFORE AFTER`.

# %%
other = faultsim.load_run(found("FAULTSIM_OTHER_RUN", "lats2024-lif"))
changes = other.changes_since(run)
changes.headline

# %% [markdown]
# Thresholds that moved by more than a step of the search, the furthest first; one that came or went has no ratio.

# %%
changes.frame("thresholds")[["defect_id", "test", "window", "threshold_before", "threshold_after", "ratio", "sees"]]

# %% [markdown]
# What the two runs were made with:

# %%
changes.frame("sources")

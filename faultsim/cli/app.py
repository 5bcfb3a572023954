"""The verbs and their options, and how errors become exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from faultsim import __version__
from faultsim.errors import FaultsimError, Interrupted, UsageError


def run_folder(text: str) -> Path:
    """Return the folder that --out names.

    Raises:
        UsageError: It names none; as a path that would be the working folder.
    """
    if not text:
        raise UsageError("--out '' names no folder; give one, or leave the option out for runs/CAMPAIGN")
    return Path(text)


app = typer.Typer(
    name="faultsim",
    help="Fault injection and test generation for neuromorphic circuits of magnetic tunnel junctions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Circuit = Annotated[str, typer.Argument(metavar="CIRCUIT", help="Name from the library, or path of a sidecar.")]
Deck = Annotated[
    str, typer.Argument(metavar="CIRCUIT", help="Name from the library, path of a sidecar, or any SPICE deck.")
]
Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Name from the library, or path of a campaign file.")]
Trust = Annotated[bool, typer.Option("--trust", help="Read decks with control blocks, and includes from anywhere.")]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.")]
Out = Annotated[Path | None, typer.Option(parser=run_folder, metavar="DIR", help="Run folder; runs/CAMPAIGN if none.")]
Study = Annotated[str, typer.Argument(metavar="SPEC", help="Name from the library, or path of a file.")]
StudyOut = Annotated[
    Path | None, typer.Option(parser=run_folder, metavar="DIR", help="Folder of the results; runs/SPEC if none.")
]
OnlyTrainings = Annotated[str, typer.Option("--only", metavar="GLOB", help="Only trainings whose name matches.")]
Ohm = Annotated[str | None, typer.Option("--ohm", "--severity", metavar="R", help="Severity, in the defect's unit.")]
DefectsOf = Annotated[
    str | None,
    typer.Option("--universe", metavar="NAME", help="The defect is one of it: a name, or a file of one's own."),
]
Jobs = Annotated[int | None, typer.Option(min=1, metavar="N", help="Worker processes; one per core if none.")]
Vectors = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the vectors; RUN/vectors if none.")]
Dask = Annotated[
    str | None, typer.Option(metavar="ADDR", help="Simulate on a Dask cluster: its scheduler's tcp://host:port.")
]
FailUnder = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=100,
        metavar="P",
        help="Exit with 5 if less than P per cent of the defects' weight is surely detected; unknown is not.",
    ),
]
Time = Annotated[str | None, typer.Option(metavar="S", help="Seconds; SPICE suffixes are fine.")]

Pattern = Annotated[
    str | None,
    typer.Option(help="One symbol per input, several patterns by commas; the declared spiking one if none."),
]
IntegrateRange = Annotated[
    str | None, typer.Option(metavar="A:B:N", help="N integrate windows from A to B; the circuit's own range if none.")
]
LeakyRange = Annotated[str | None, typer.Option(metavar="A:B:N", help="N leaky windows, likewise.")]
Pulses = Annotated[int | None, typer.Option(min=1, help="Coding windows observed.")]
Weights = Annotated[str, typer.Option(help="Weights to begin with; those of the deck if none.")]
Program = Annotated[str, typer.Option(help="Weights to program first; - leaves one alone.")]
Delay = Annotated[str | None, typer.Option(metavar="S", help="From input to output spike in programming.")]
Vdd = Annotated[str | None, typer.Option(metavar="V", help="Supply voltage.")]
Temperature = Annotated[float | None, typer.Option(metavar="C", help="Degrees Celsius.")]


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        code = app(standalone_mode=False)
        if code == Interrupted.exit_code:
            _say("interrupted")
    except FaultsimError as error:
        _say(str(error))
        code = error.exit_code
    except typer.Abort:
        _say("interrupted")
        code = 130
    except typer.BadParameter.__mro__[2] as error:  # type: ignore[misc]
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output has what it wanted.
        sys.stderr.close()
        code = 0
    raise SystemExit(code or 0)


def _say(message: str) -> None:
    from faultsim.cli.output import say

    say(f"faultsim: {message}")


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def doctor(json: Json = False) -> None:
    """Check the installation: versions, ngspice's library, a test transient."""
    from faultsim.cli.doctor import run

    raise typer.Exit(run(json))


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(metavar="[circuits|campaigns|defects|behaviours|universes|trainings|...]")
    ] = None,
    json: Json = False,
) -> None:
    """List what can be named, with a line each."""
    from faultsim.cli.listing import run

    run(kind, json)


generate = typer.Typer(help="Write a circuit of a size that you choose.", no_args_is_help=True)
app.add_typer(generate, name="generate")


@generate.command()
def crossbar(
    inputs: Annotated[int, typer.Option(metavar="N", help="Inputs, 1 to 1024.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Name of the two files.")],
    outputs: Annotated[int, typer.Option(metavar="M", help="Outputs, 1 to 64, a neuron each.")] = 1,
    weights: Annotated[str, typer.Option(help="0 or 1 per input, or per cell, output after output; 1 if none.")] = "",
    fires_from: Annotated[
        int | None, typer.Option(metavar="K", help="Active inputs from which on a neuron spikes; N if none.")
    ] = None,
    wire_ohm: Annotated[str, typer.Option(metavar="R", help="Resistance of a line from cell to cell.")] = "0",
    wire_farad: Annotated[str, typer.Option(metavar="C", help="Capacitance of a line at each cell.")] = "0",
    neuron: Annotated[str, typer.Option(metavar="SET", help="lats-quant or lif-alpha045.")] = "lats-quant",
    campaign: Annotated[
        Path | None, typer.Option(metavar="F.toml", help="Write a campaign on it, too: opens, bridges, junctions.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files.")] = False,
    json: Json = False,
) -> None:
    """Write a crossbar as FILE.cir with its sidecar FILE.toml.

    What both include, the devices and cells, is copied into the folder FILE-parts beside them: the three stand alone
    and can be moved. In a library's networks folder they include the library's own.
    """
    from faultsim.cli.generate import Request
    from faultsim.cli.generate import crossbar as write

    request = Request(inputs, outputs, weights, fires_from, wire_ohm, wire_farad, neuron)
    write(request, out, campaign, force, json)


@generate.command()
def learning(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Name of the two files.")],
    glyph: Annotated[
        str | None, typer.Option(metavar="FILE:NAME", help="The picture, such as letters5:X. This, or --pixels.")
    ] = None,
    pixels: Annotated[
        str | None, typer.Option(metavar="X,X,...", help="Intensity of each pixel, 0 to 1, with commas between.")
    ] = None,
    outputs: Annotated[int, typer.Option(metavar="M", help="Outputs, 1 to 64, a neuron each.")] = 1,
    junctions: Annotated[int, typer.Option(metavar="N", help="Junctions of each synapse, in parallel.")] = 6,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the states at the start and of every switching.")] = 1,
    as_published: Annotated[
        bool, typer.Option("--as-published", help="Draw a delay anew in every time step, as the published model does.")
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="CELL.NAME=VALUE", help="A parameter of all input, output or synapse cells."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files.")] = False,
    json: Json = False,
) -> None:
    """Write a crossbar that learns as FILE.cir with its sidecar FILE.toml; ngspice -b runs the deck as it is.

    Its synapses are junctions in parallel that switch at random, its neurons are behavioural. What the deck includes is
    copied into the folder FILE-parts beside it.
    """
    from faultsim.cli.generate_learning import Request, run

    run(Request(glyph, pixels, outputs, junctions, seed, as_published, settings or []), out, force, json)


@app.command()
def sites(
    circuit: Deck,
    universe: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="2427, network, devices, all-pairs, named, or a file of one's own."),
    ] = None,
    only: Annotated[str, typer.Option(metavar="GLOB", help="Only defects whose id matches.")] = "*",
    weights: Annotated[Path | None, typer.Option(metavar="FILE", help="Likelihoods in place of the rules'.")] = None,
    excluded: Annotated[bool, typer.Option("--excluded", help="List what has no defects, and why.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Count the defects by kind.")] = False,
    svg: Annotated[Path | None, typer.Option(metavar="F.svg", help="Draw the circuit with the sites marked.")] = None,
    graphml: Annotated[Path | None, typer.Option(metavar="F", help="Write the circuit's graph.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="F", help="Write the defects as a table.")] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="F.json", help="Write the universe's record, after IEEE Std 2427-2025.")
    ] = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """List every defect of a circuit: id, kind, location, weight."""
    from faultsim.cli.sites import Request, run

    run(Request(circuit, universe, only, weights, excluded, summary, svg, graphml, csv, record, trust), json)


@app.command()
def draw(
    circuit: Circuit,
    what: Annotated[str | None, typer.Argument(metavar="[DRAWING]", help="What to draw; none lists them.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="F.svg", help="Write here, not to stdout.")] = None,
    sites: Annotated[bool, typer.Option(help="Mark the sites of defects.")] = True,
    json: Json = False,
) -> None:
    """Draw a circuit: its cells, its crossbar, its coding and its timing, with the sites marked."""
    from faultsim.cli.draw import run

    run(circuit, what, out, sites, json)


@app.command()
def validate(file: Annotated[Path, typer.Argument(metavar="FILE")], trust: Trust = False, json: Json = False) -> None:
    """Check a deck, a STIL file or any of the TOML files that faultsim reads, and say everything that is wrong."""
    from faultsim.cli.validate import run

    run(file, trust, json)


@app.command()
def inject(
    circuit: Deck,
    defect: Annotated[str, typer.Argument(metavar="DEFECT")],
    ohm: Ohm = None,
    universe: DefectsOf = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write here, not to stdout.")] = None,
    pattern: Pattern = None,
    iw: Time = None,
    lw: Time = None,
    pulses: Pulses = None,
    weights: Weights = "",
    program: Program = "",
    delay: Delay = None,
    vdd: Vdd = None,
    temperature: Temperature = None,
    trust: Trust = False,
) -> None:
    """Write the faulty deck, stand-alone: "ngspice -b FILE" runs it and prints its probes."""
    from faultsim.cli.inject import run
    from faultsim.cli.request import Request

    run(
        Request(circuit, defect, ohm, pattern, iw, lw, pulses, weights, program, delay, vdd, temperature, universe),
        out,
        trust,
    )


@app.command()
def simulate(
    circuit: Circuit,
    defect: Annotated[str | None, typer.Option(metavar="ID")] = None,
    ohm: Ohm = None,
    universe: DefectsOf = None,
    pattern: Pattern = None,
    iw: Time = None,
    lw: Time = None,
    pulses: Pulses = None,
    weights: Weights = "",
    program: Program = "",
    delay: Delay = None,
    vdd: Vdd = None,
    temperature: Temperature = None,
    plot: Annotated[Path | None, typer.Option(metavar="F.svg", help="Draw the waveforms.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="F", help="Write the waveforms.")] = None,
    equivalent: Annotated[
        bool, typer.Option("--equivalent", help="Simulate one row for all that do the same.")
    ] = False,
    json: Json = False,
) -> None:
    """Run one transient: spike or not, pulses to spike, IM_WR."""
    from faultsim.cli.request import Request
    from faultsim.cli.simulate import run

    asked = Request(
        circuit, defect, ohm, pattern, iw, lw, pulses, weights, program, delay, vdd, temperature, universe, equivalent
    )
    run(asked, plot, csv, json)


@app.command()
def shmoo(
    circuit: Circuit,
    defect: Annotated[str | None, typer.Option(metavar="ID", help="Drawn beside the fault-free circuit.")] = None,
    ohm: Ohm = None,
    universe: DefectsOf = None,
    iw: IntegrateRange = None,
    lw: LeakyRange = None,
    pattern: Pattern = None,
    pulses: Pulses = None,
    weights: Weights = "",
    vdd: Vdd = None,
    temperature: Temperature = None,
    plot: Annotated[Path | None, typer.Option(metavar="F.svg", help="Draw the maps, .svg or .png.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="F", help="Write the maps as a table.")] = None,
    spice: Annotated[bool, typer.Option("--spice", help="Simulate every point in SPICE.")] = False,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Map on which pulse a circuit spikes over integrate and leaky window, fault-free beside faulty."""
    from faultsim.cli.request import Request
    from faultsim.cli.shmoo import Wanted, run

    asked = Request(circuit, defect, ohm, pattern, None, None, pulses, weights, "", None, vdd, temperature, universe)
    run(asked, Wanted(iw, lw, plot, csv, spice, jobs), json)


@app.command("run")
def run_(
    campaign: Campaign,
    out: Out = None,
    jobs: Jobs = None,
    only: Annotated[str, typer.Option(metavar="GLOB", help="Only defects whose id matches.")] = "*",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate everything again.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Simulate every row, whatever the campaign says.")] = False,
    dask: Dask = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Do only share I of N, from 1/N to N/N; then faultsim merge.")
    ] = None,
    fail_under: FailUnder = None,
    json: Json = False,
) -> None:
    """Run a campaign; run it again to resume."""
    from faultsim.campaigns.shard import Shard
    from faultsim.cli.run import Request, run

    share = None if shard is None else Shard.parse(shard)
    raise typer.Exit(run(Request(campaign, out, jobs, only, dry_run, fresh, whole, dask, share, fail_under), json))


@app.command()
def merge(
    campaign: Campaign,
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD...", help="Folders of run --shard.")],
    out: Out = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Worker processes, for what no shard has simulated.")
    ] = None,
    fail_under: FailUnder = None,
    json: Json = False,
) -> None:
    """Make one run of the shards of a campaign: its tables and its report, as if it had been run in one place."""
    from faultsim.cli.merge import Request, run

    raise typer.Exit(run(Request(campaign, shards, out, jobs, fail_under), json))


@app.command()
def train(
    trainings: Study,
    out: StudyOut = None,
    jobs: Jobs = None,
    only: OnlyTrainings = "*",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of pictures as MNIST has them.")
    ] = None,
    behaviours: Annotated[
        Path | None,
        typer.Option("--behaviours", metavar="RUN", help="A campaign's folder; its behaviours go into a fault map."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate everything again.")] = False,
    dask: Dask = None,
    json: Json = False,
) -> None:
    """Train crossbars of stochastic synapses in SPICE, or functional networks; run it again to resume."""
    from faultsim.cli.studies import StudyRequest
    from faultsim.cli.train import train as run

    request = StudyRequest("train", trainings, out, jobs, fresh, dask, only, data, behaviours)
    raise typer.Exit(run(request, dry_run, json))


@app.command()
def infer(
    trainings: Study,
    out: Annotated[
        Path | None,
        typer.Option(parser=run_folder, metavar="DIR", help="Folder of the results; runs/SPEC-inference if none."),
    ] = None,
    jobs: Jobs = None,
    only: OnlyTrainings = "*",
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate everything again, the trainings, too.")] = False,
    dask: Dask = None,
    json: Json = False,
) -> None:
    """Show characters to the crossbars that train has trained, without feedback; what is not trained yet is trained."""
    from faultsim.cli.studies import StudyRequest
    from faultsim.cli.train import infer as run

    raise typer.Exit(run(StudyRequest("infer", trainings, out, jobs, fresh, dask, only), json))


@app.command()
def measure(
    measurement: Study,
    out: StudyOut = None,
    jobs: Jobs = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate everything again.")] = False,
    dask: Dask = None,
    json: Json = False,
) -> None:
    """Measure synapses that learn: switching over voltage, plasticity over delay, or power; again to resume."""
    from faultsim.cli.measure import run
    from faultsim.cli.studies import StudyRequest

    raise typer.Exit(run(StudyRequest("measure", measurement, out, jobs, fresh, dask), json))


@app.command()
def status(run: Run, json: Json = False) -> None:
    """Say how far a run is; works from another shell."""
    from faultsim.cli.status import run as show

    show(run, json)


@app.command("show")
def show_(
    run: Run,
    identity: Annotated[
        str, typer.Argument(metavar="ID", help="Defect, fault-free, or the beginning of a transient's key.")
    ],
    test: Annotated[str | None, typer.Option(metavar="NAME", help="Only in this test.")] = None,
    window: Annotated[str | None, typer.Option(metavar="NAME", help="Only at this window.")] = None,
    vdd: Vdd = None,
    temperature: Temperature = None,
    corner: Annotated[str | None, typer.Option(metavar="NAME", help="Only at this process corner.")] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="fails|passes|R", help="Side of the threshold, or a severity, which may be a new one."),
    ] = None,
    deck: Annotated[
        Path | None, typer.Option(metavar="F", help='Write the stand-alone deck; "ngspice -b F" runs it.')
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="F.svg", help="Draw the waveforms, in grey the fault-free ones.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="F", help="Write the waveforms.")] = None,
    json: Json = False,
) -> None:
    """Show one transient of a run again, with its deck and plot; exit code 5 if it is not what is stored.

    Of a defect it is the one behind its best threshold: where it is seen first, the side that fails; where nothing sees
    it, the severest that passes.
    """
    from faultsim.cli.show import Request
    from faultsim.cli.show import run as show

    show(Request(run, identity, test, window, vdd, temperature, corner, at, deck, plot, csv), json)


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN [LATER]", help="Run folder, or two to compare.")],
    format: Annotated[
        str | None, typer.Option(metavar="csv|markdown|latex", help="Print the tables, as a paper does.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only thresholds, comparison or coverage; "
            "of two runs coverage, verdicts, thresholds, defects, circuit or sources.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write these tables here.")] = None,
    fail_under: FailUnder = None,
    fail_on_loss: Annotated[
        bool,
        typer.Option("--fail-on-loss", help="Exit with 5 if LATER does not detect, or not consider, what RUN detects."),
    ] = False,
    json: Json = False,
) -> None:
    """Write a run's tables and report.html again from what is stored; of two runs, say what changed.

    With --format, and of two runs, the files of the folders are enough, wherever they come from.
    """
    from faultsim.cli.report import Request, run

    run(Request(runs, format, table, out, fail_under, fail_on_loss), json)


@app.command()
def vectors(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Finished run folders of one circuit.")],
    tester: Annotated[str, typer.Option(metavar="NAME", help="Tester profile, a name or a file.")] = "bench",
    candidates: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Candidate space, a name or a file; by the circuit's size."),
    ] = None,
    fewest: Annotated[bool, typer.Option("--fewest", help="Fewest vectors instead of the least time.")] = False,
    coverage: Annotated[
        float, typer.Option(min=0, max=100, metavar="P", help="Per cent of the detectable weight to cover.")
    ] = 100,
    diagnosis: Annotated[
        bool, typer.Option("--diagnosis/--no-diagnosis", help="Add vectors that tell defects apart.")
    ] = True,
    out: Vectors = None,
    jobs: Jobs = None,
    dask: Dask = None,
    json: Json = False,
) -> None:
    """Choose the cheapest set of test vectors and write the tester's files; call it again to resume."""
    from faultsim.cli.vectors import Request, run

    run(Request(runs, tester, candidates, fewest, coverage, diagnosis, out, jobs, dask), json)


@app.command()
def replay(
    run: Run,
    stil: Annotated[Path | None, typer.Option(metavar="FILE", help="STIL file to play; the run's own if none.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate everything again.")] = False,
    out: Vectors = None,
    jobs: Jobs = None,
    dask: Dask = None,
    json: Json = False,
) -> None:
    """Play the written vectors to the circuit in SPICE, without and with each defect; exit code 5 if any differs."""
    from faultsim.cli.replay import Request
    from faultsim.cli.replay import run as show

    show(Request(run, stil, fresh, out, jobs, dask), json)


@app.command()
def diagnose(
    run: Run,
    responses: Annotated[Path, typer.Argument(metavar="RESPONSES", help="What a tester saw: CSV or STDF.")],
    out: Vectors = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="Defects that are listed.")] = 10,
    further: Annotated[
        bool, typer.Option("--next", help="Name the next vector of a part that looks good, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Say which defects explain what a tester saw of each part, at which severities, and which vector to apply next."""
    from faultsim.cli.diagnose import run as show

    show(run, responses, out, top, further, json)

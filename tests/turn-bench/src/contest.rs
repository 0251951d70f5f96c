//! What is measured, of which servers, in which order: in each round every server has its turn, so that what disturbs
//! the machine disturbs all of them.

use std::time::Duration;

use crate::Result;
use crate::load::{Direction, Load, Shape};
use crate::servers::{Kind, Machine};
use crate::table::{Figure, Table, about_machine, load_average, short};

/// How much is measured.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Of each measurement of packets.
    pub(crate) duration: Duration,
    /// For memory and set-ups.
    pub(crate) allocations: u32,
    /// All of them unless some are named.
    pub(crate) parts: Vec<String>,
    pub(crate) servers: Vec<String>,
}

/// What is measured; bursts need plain packets to be compared with.
pub(crate) const PARTS: [&str; 4] = ["packets", "bursts", "allocations", "latency"];

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

/// Clients that send.
const FLOWS: u32 = 100;
/// Clients that send in bursts, and how many packets make one.
const BURSTING: u32 = 20;
const BURST: usize = 16;
/// Packets a second where latency is measured.
const STEADY: u32 = 4000;

const fn plain(direction: Direction, length: usize) -> Shape {
    Shape {
        direction,
        flows: FLOWS,
        length,
        burst: 1,
    }
}

const fn bursts(direction: Direction) -> Shape {
    Shape {
        direction,
        flows: BURSTING,
        length: 1200,
        burst: BURST,
    }
}

const PLAIN: [(&str, Shape); 4] = [
    ("up 160 B", plain(Direction::Up, 160)),
    ("down 160 B", plain(Direction::Down, 160)),
    ("up 1200 B", plain(Direction::Up, 1200)),
    ("down 1200 B", plain(Direction::Down, 1200)),
];
/// With the column of the plain figure that each is compared with.
const BURSTS: [(&str, Shape, usize); 2] = [
    ("up 1200 B", bursts(Direction::Up), 2),
    ("down 1200 B", bursts(Direction::Down), 3),
];

/// Measures everything, and prints a table after each part.
pub(crate) fn run(plan: &Plan, mut machine: Machine) -> Result<()> {
    println!("{}\n", about_machine(&machine)?);
    println!(
        "Medians of {} rounds in which the servers take turns [lowest to highest], {} s each. Server on core 0, load on core 1.\n",
        plan.rounds,
        plan.duration.as_secs_f64()
    );
    let mut contest = Contest {
        kinds: contestants(&mut machine, plan),
        plan,
        machine,
    };
    if plan.wants("packets") || plan.wants("bursts") {
        let without = contest.plain()?;
        if plan.wants("bursts") {
            contest.bursts(&without)?;
        }
    }
    if plan.wants("allocations") {
        contest.allocations()?;
    }
    if plan.wants("latency") {
        contest.latency()?;
    }
    println!("Load average at the end: {}", load_average()?);
    Ok(())
}

/// Who can be measured here; says loudly who cannot.
fn contestants(machine: &mut Machine, plan: &Plan) -> Vec<Kind> {
    let mut kinds = vec![Kind::Raw, Kind::Sockets, Kind::Counted];
    match machine.start(Kind::Shared, 1, 1, 1, false) {
        Ok(_) => kinds.extend([Kind::SharedRaw, Kind::Shared]),
        Err(error) => println!("NOT MEASURED: {}: {error}\n", Kind::Shared.name()),
    }
    if machine.coturn.is_some() {
        kinds.push(Kind::Coturn);
    } else {
        println!("NOT MEASURED: coturn: there is no `turnserver` on PATH (Debian: `apt-get install coturn`)\n");
    }
    kinds.retain(|kind| {
        let wanted = |server: &String| server == kind.key();
        *kind == Kind::Raw || plan.servers.is_empty() || plan.servers.iter().any(wanted)
    });
    kinds
}

struct Contest<'p> {
    plan: &'p Plan,
    machine: Machine,
    kinds: Vec<Kind>,
}

impl Contest<'_> {
    /// Has each server measured in each round.
    fn rounds<T>(
        &mut self,
        kinds: &[Kind],
        what: &str,
        measure: impl Fn(&mut Machine, Kind) -> Result<T>,
    ) -> Result<Vec<Vec<T>>> {
        let mut all: Vec<Vec<T>> = kinds.iter().map(|_| Vec::new()).collect();
        for round in 1..=self.plan.rounds {
            eprintln!("· {what}, round {round} of {}", self.plan.rounds);
            for (kind, figures) in kinds.iter().zip(&mut all) {
                let figure = measure(&mut self.machine, *kind);
                figures.push(figure.map_err(|error| format!("{what}, {}: {error}", kind.name()))?);
            }
        }
        Ok(all)
    }

    fn packets(&mut self, kinds: &[Kind], title: &str, shape: Shape) -> Result<Vec<Figure>> {
        let (duration, runs) = (self.plan.duration, shape.burst > 1);
        let figures = self.rounds(kinds, title, |machine, kind| {
            let (load, _) = Load::start(machine, kind, shape.flows, runs)?;
            load.throughput(shape, duration)
        })?;
        Ok(figures.into_iter().map(Figure::new).collect())
    }

    /// Packets for each second of the server's processor time.
    fn plain(&mut self) -> Result<Vec<Vec<Figure>>> {
        let mut plain = Vec::new();
        let kinds = self.kinds.clone();
        for (title, shape) in PLAIN {
            plain.push(self.packets(&kinds, title, shape)?);
        }
        let mut table = Table::new(
            "Relayed packets per second of the server's processor time, as ratios to the raw forwarder; 100 flows",
        );
        table.columns(PLAIN.iter().map(|(title, _)| *title));
        for (row, kind) in kinds.iter().enumerate() {
            let cells = plain.iter().map(|column| match kind {
                Kind::Raw => column[0].to_text(short),
                _ => column[row].over(&column[0]).to_text(ratio),
            });
            table.row(kind.name(), cells.collect());
        }
        table.print();
        Ok(plain)
    }

    /// The same where they come in bursts.
    fn bursts(&mut self, plain: &[Vec<Figure>]) -> Result<()> {
        let mut burst = Vec::new();
        // (Runs do not go through shared sockets.)
        let kinds: Vec<Kind> = (self.kinds.iter().copied())
            .filter(|kind| *kind != Kind::SharedRaw)
            .collect();
        for (title, shape, _) in BURSTS {
            burst.push(self.packets(&kinds, &format!("bursts, {title}"), shape)?);
        }
        let mut table = Table::new(
            "The same in bursts of 16 with segmentation offload, 20 flows, as ratios to the raw forwarder without bursts",
        );
        table.columns(BURSTS.iter().map(|(title, ..)| *title));
        for (row, kind) in kinds.iter().enumerate() {
            let cells = burst
                .iter()
                .zip(BURSTS)
                .map(|(column, (.., plainly))| column[row].over(&plain[plainly][0]).to_text(ratio));
            table.row(kind.name(), cells.collect());
        }
        table.print();
        Ok(())
    }

    /// Memory and processor time of many allocations, each with a permission and a channel.
    fn allocations(&mut self) -> Result<()> {
        let count = self.plan.allocations;
        let kinds: Vec<Kind> = (self.kinds.iter().copied())
            .filter(|kind| !matches!(kind, Kind::Raw | Kind::Counted | Kind::SharedRaw))
            .collect();
        let figures = self.rounds(&kinds, "set-ups", |machine, kind| {
            let (_, set_up) = Load::start(machine, kind, count, false)?;
            Ok(set_up)
        })?;
        let mut table = Table::new(&format!("{count} allocations, each with a permission and a channel"));
        table.columns(["set-ups per CPU-s", "kB for each", "resident in all, MB"]);
        for (kind, figures) in kinds.iter().zip(figures) {
            let of = |each: fn(&crate::load::SetUp, f64) -> f64| {
                Figure::new(figures.iter().map(|figure| each(figure, f64::from(count))).collect())
            };
            table.row(
                kind.name(),
                vec![
                    of(|figure, count| count / figure.time.as_secs_f64()).to_text(short),
                    of(|figure, count| figure.resident[1].saturating_sub(figure.resident[0]) as f64 / count / 1e3)
                        .to_text(ratio),
                    of(|figure, _| figure.resident[1] as f64 / 1e6).to_text(|figure| format!("{figure:.1}")),
                ],
            );
        }
        table.print();
        Ok(())
    }

    /// How long packets take at a steady rate.
    fn latency(&mut self) -> Result<()> {
        let mut table = Table::new(
            "Time from sender to receiver at 4,000 packets per second in all, 100 flows, 160 B, in microseconds",
        );
        table.columns(["up p50", "up p99", "down p50", "down p99"]);
        let kinds: Vec<Kind> = (self.kinds.iter().copied())
            .filter(|kind| !matches!(kind, Kind::Counted | Kind::SharedRaw))
            .collect();
        let mut rows: Vec<Vec<String>> = kinds.iter().map(|_| Vec::new()).collect();
        for (title, shape) in [PLAIN[0], PLAIN[1]] {
            let duration = self.plan.duration;
            let figures = self.rounds(&kinds, &format!("latency, {title}"), |machine, kind| {
                let (load, _) = Load::start(machine, kind, shape.flows, false)?;
                let times = load.latency(shape, STEADY, duration)?;
                Ok([50, 99].map(|percent| times[(times.len() * percent / 100).min(times.len() - 1)] as f64 / 1e3))
            })?;
            for (row, figures) in rows.iter_mut().zip(figures) {
                for at in 0..2 {
                    let figure = Figure::new(figures.iter().map(|both| both[at]).collect());
                    row.push(figure.to_text(|figure| format!("{figure:.1}")));
                }
            }
        }
        for (kind, row) in kinds.iter().zip(rows) {
            table.row(kind.name(), row);
        }
        table.print();
        Ok(())
    }
}

fn ratio(figure: f64) -> String {
    format!("{figure:.2}")
}

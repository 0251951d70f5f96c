//! Figures and tables for people, in Markdown.

use std::fs;
use std::process::Command;

use crate::Result;
use crate::servers::Machine;

/// What several rounds gave.
pub(crate) struct Figure {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Figure {
    /// Of at least one round.
    pub(crate) fn new(mut rounds: Vec<f64>) -> Self {
        rounds.sort_unstable_by(f64::total_cmp);
        let at = |at: usize| rounds.get(at).copied().unwrap_or(f64::NAN);
        let last = rounds.len().saturating_sub(1);
        Self {
            lowest: at(0),
            median: f64::midpoint(at(last / 2), at(last.div_ceil(2))),
            highest: at(last),
        }
    }

    /// As a ratio to another's median.
    pub(crate) fn over(&self, other: &Self) -> Self {
        Self {
            lowest: self.lowest / other.median,
            median: self.median / other.median,
            highest: self.highest / other.median,
        }
    }

    pub(crate) fn to_text(&self, one: impl Fn(f64) -> String) -> String {
        format!("{} [{} to {}]", one(self.median), one(self.lowest), one(self.highest))
    }
}

/// A large figure in thousands.
pub(crate) fn short(figure: f64) -> String {
    format!("{:.0}k", figure / 1e3)
}

/// Rows of cells, each with a name.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn columns<'t>(&mut self, titles: impl IntoIterator<Item = &'t str>) {
        self.row("", titles.into_iter().map(str::to_owned).collect());
    }

    pub(crate) fn row(&mut self, name: &str, mut cells: Vec<String>) {
        cells.insert(0, name.to_owned());
        self.rows.push(cells);
    }

    pub(crate) fn print(&self) {
        println!("{}:\n", self.title);
        for (at, row) in self.rows.iter().enumerate() {
            println!("| {} |", row.join(" | "));
            if at == 0 {
                println!("|{}", "---|".repeat(row.len()));
            }
        }
        println!();
    }
}

/// One line that says when, on what and of what.
pub(crate) fn about_machine(machine: &Machine) -> Result<String> {
    let said = |program: &std::path::Path, argument: &str| -> Result<String> {
        let output = Command::new(program).arg(argument).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let models: Vec<&str> = processors
        .lines()
        .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, model)| model)
        .collect();
    Ok(format!(
        "{}; {}, {}; Linux {}, {} cores of {}; load average at the start: {}",
        said("date".as_ref(), "-u")?,
        said(&machine.relay, "--version")?,
        machine
            .coturn
            .as_ref()
            .map_or("no coturn".to_owned(), |(_, version)| format!("coturn {version}")),
        fs::read_to_string("/proc/sys/kernel/osrelease")?.trim(),
        models.len(),
        models.first().unwrap_or(&"an unknown processor"),
        load_average()?,
    ))
}

/// Of the last minute.
pub(crate) fn load_average() -> Result<String> {
    let told = fs::read_to_string("/proc/loadavg")?;
    Ok(told.split(' ').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_of_an_odd_and_of_an_even_number() {
        let text = |rounds: &[f64]| Figure::new(rounds.to_vec()).to_text(|figure| figure.to_string());
        assert_eq!(text(&[5.0, 1.0, 2.0]), "2 [1 to 5]");
        assert_eq!(text(&[4.0, 1.0, 2.0, 9.0]), "3 [1 to 9]");
        let base = Figure::new(vec![4.0, 2.0, 8.0]);
        let ratio = Figure::new(vec![2.0]).over(&base);
        assert_eq!(ratio.to_text(|figure| figure.to_string()), "0.5 [0.5 to 0.5]");
    }
}

//! `cargo xtask up`: everything on this machine, to try and to work on.

use std::path::Path;

use crate::{
    arguments::Arguments,
    failure::{Failure, Result},
    service::Platform,
    setup::Tools,
    stack::{Place, Stack},
};

/// Runs until Ctrl-C.
pub(crate) fn run(root: &Path, mut arguments: Arguments) -> Result<()> {
    let fresh = arguments.flag("--fresh");
    let platform = arguments.option("--on")?.unwrap_or(Platform::Cloudflare);
    let place = Place {
        state: root.join(".visavis"),
        port: arguments.option("--port")?.unwrap_or(8787),
        demo_port: arguments.option("--demo-port")?.unwrap_or(8788),
        relay_port: arguments.option("--relay-port")?.unwrap_or(3478),
        settings: Vec::new(),
    };
    arguments.end()?;
    if fresh {
        place.empty()?;
    }
    let tools = Tools::ensure(root, platform.or_stand_in())?;
    let mut stack = Stack::start(root, &tools, &place)?;
    announce(&stack)?;
    match stack.watch() {
        Err(Failure::Interrupted) => {
            eprintln!("\nstopping");
            Ok(())
        }
        other => other,
    }
}

fn announce(stack: &Stack) -> Result<()> {
    println!("ready\n");
    println!("  visitor   {}/", stack.site);
    for person in stack.seeded.experts() {
        println!("  desk      {}   ({})", person.sign_in_url, person.name);
    }
    let administrator = stack.seeded.administrator()?;
    println!("  console   {}   ({})", administrator.sign_in_url, administrator.name);
    println!("\nEach link signs in once; open each person's in a browser profile or private window of its own.");
    if !stack.seeded.snippet.html.contains("site-key=") {
        println!("\nCalls are not verified yet. For a verified one, with nobody able to listen in between:");
        println!("  1. console, Trust: make the site key, and open its file;");
        println!("  2. desk, Verified calls: set this browser up, and read its code;");
        println!("  3. console, Trust: compare and approve;");
        println!("  4. stop and start this command: the visitor's page then holds the site key.");
    }
    println!("\nCtrl-C stops everything.");
    Ok(())
}

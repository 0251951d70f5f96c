//! What a `spin.toml` of version 2 says, as far as this host understands it; what it does not is an error.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use wasmtime::{error::Context as _, format_err};

use crate::{Result, options::Command, outbound::Outbound};

/// One component with everything it may reach.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Application {
    /// Its WebAssembly.
    pub(crate) component: PathBuf,
    /// Folders of this machine and where the component sees them, read-only.
    pub(crate) mounts: Vec<(PathBuf, String)>,
    /// Its variables, resolved.
    pub(crate) variables: HashMap<String, String>,
    /// The databases it may open.
    pub(crate) databases: HashSet<String>,
    /// Whom it may send requests.
    pub(crate) outbound: Outbound,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    spin_manifest_version: u8,
    #[serde(rename = "application")]
    _application: toml::Table,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    default: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(rename = "description")]
    _description: Option<String>,
}

/// Triggers of other kinds are somebody else's work: `spin` has a process for each, too.
#[derive(Deserialize)]
struct Triggers {
    #[serde(default)]
    http: Vec<HttpTrigger>,
    #[serde(default)]
    cron: Vec<CronTrigger>,
}

impl Triggers {
    /// The name of the component that the command is about.
    fn component(&self, command: Command) -> Result<&str> {
        match command {
            Command::Up => match &self.http[..] {
                [trigger] if trigger.route == "/..." => Ok(&trigger.component),
                [_] => Err(format_err!("this host knows the route /... only")),
                _ => Err(format_err!("this host runs exactly one HTTP trigger")),
            },
            Command::Cron => match &self.cron[..] {
                [trigger] => Ok(&trigger.component),
                _ => Err(format_err!("this host calls exactly one cron trigger")),
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CronTrigger {
    component: String,
    /// This host has no schedule: tests call when they want.
    #[serde(rename = "cron_expression")]
    _expression: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    source: PathBuf,
    #[serde(default)]
    files: Vec<Mount>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    sqlite_databases: HashSet<String>,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default, rename = "build")]
    _build: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mount {
    source: PathBuf,
    destination: String,
}

impl Application {
    /// Reads the manifest and resolves its variables from an environment.
    pub(crate) fn read(
        path: &Path,
        command: Command,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, folder, command, &environment.into_iter().collect())
            .with_context(|| format!("{} cannot be run", path.display()))
    }

    fn parse(text: &str, folder: &Path, command: Command, environment: &HashMap<String, String>) -> Result<Self> {
        let manifest: Manifest = toml::from_str(text)?;
        if manifest.spin_manifest_version != 2 {
            return Err(format_err!("spin_manifest_version is not 2"));
        }
        let name = manifest.trigger.component(command)?;
        let component = manifest
            .component
            .get(name)
            .ok_or_else(|| format_err!("there is no component {name}"))?;
        let values = values(&manifest.variables, environment)?;
        let expanded = component
            .allowed_outbound_hosts
            .iter()
            .map(|host| expand(host, &values));
        Ok(Self {
            component: folder.join(&component.source),
            mounts: component
                .files
                .iter()
                .map(|mount| (folder.join(&mount.source), mount.destination.clone()))
                .collect(),
            variables: component
                .variables
                .iter()
                .map(|(name, template)| Ok((name.clone(), expand(template, &values)?)))
                .collect::<Result<_>>()?,
            databases: component.sqlite_databases.clone(),
            outbound: Outbound::parse(&expanded.collect::<Result<Vec<_>>>()?)?,
        })
    }
}

/// The application's variables: from the environment as Spin's provider reads it, else their defaults.
fn values<'a>(
    variables: &'a BTreeMap<String, Variable>,
    environment: &'a HashMap<String, String>,
) -> Result<HashMap<&'a str, &'a str>> {
    let mut values = HashMap::new();
    for (name, variable) in variables {
        let given = environment.get(&format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()));
        let value = match (given.or(variable.default.as_ref()), variable.required) {
            (Some(value), _) => value,
            (None, true) => return Err(format_err!("the variable {name} is required and has no value")),
            (None, false) => return Err(format_err!("the variable {name} is neither required nor has a default")),
        };
        values.insert(name.as_str(), value.as_str());
    }
    Ok(values)
}

/// Puts values in the place of `{{ name }}`.
fn expand(template: &str, values: &HashMap<&str, &str>) -> Result<String> {
    let mut expanded = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after
            .split_once("}}")
            .ok_or_else(|| format_err!("{template} has no }}}}"))?;
        let value = values
            .get(name.trim())
            .ok_or_else(|| format_err!("{template} names an unknown variable"))?;
        expanded.push_str(before);
        expanded.push_str(value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "one"
        [variables]
        key = { required = true, secret = true }
        factor = { default = "1" }
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
        files = [{ source = "pages", destination = "/pages" }]
        sqlite_databases = ["default"]
        [component.one.variables]
        key = "{{ key }}"
        both = "{{key}}/{{ factor }}"
    "#;

    fn parse(text: &str, command: Command, environment: &[(&str, &str)]) -> Result<Application> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Application::parse(text, Path::new("/app"), command, &environment)
    }

    #[test]
    fn an_application_is_what_its_manifest_says() {
        let application = parse(MANIFEST, Command::Up, &[("SPIN_VARIABLE_KEY", "k")]).unwrap();
        let expected = Application {
            component: "/app/one.wasm".into(),
            mounts: vec![("/app/pages".into(), "/pages".into())],
            variables: [("key", "k"), ("both", "k/1")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            databases: ["default".to_owned()].into(),
            outbound: Outbound::default(),
        };
        assert_eq!(application, expected);
    }

    #[test]
    fn a_timer_may_call_whom_its_variables_name() {
        let timer = MANIFEST
            .replace("trigger.http", "trigger.cron")
            .replace("route = \"/...\"", "cron_expression = \"0 * * * * *\"")
            .replace(
                "sqlite_databases = [\"default\"]",
                "allowed_outbound_hosts = [\"{{ key }}:3000\"]",
            );
        let environment = [("SPIN_VARIABLE_KEY", "http://127.0.0.1")];
        let application = parse(&timer, Command::Cron, &environment).unwrap();
        let expected = Outbound::parse(&["http://127.0.0.1:3000".to_owned()]).unwrap();
        assert_eq!(application.outbound, expected);
        assert!(parse(&timer, Command::Up, &environment).is_err());
        assert!(parse(MANIFEST, Command::Cron, &environment).is_err());
    }

    #[test]
    fn what_is_missing_or_unknown_stops_the_start() {
        let key = [("SPIN_VARIABLE_KEY", "k")];
        let refused = |text: &str, environment: &[(&str, &str)], expected: &str| {
            let error = format!("{:?}", parse(text, Command::Up, environment).unwrap_err());
            assert!(error.contains(expected), "{error}");
        };
        refused(MANIFEST, &[], "variable key is required");
        refused(
            &MANIFEST.replace("{{ factor }}", "{{ other }}"),
            &key,
            "unknown variable",
        );
        refused(
            &MANIFEST.replace("sqlite_databases", "key_value_stores"),
            &key,
            "key_value_stores",
        );
        let outbound = "source = \"one.wasm\"\nallowed_outbound_hosts = [\"https://*.example\"]";
        refused(
            &MANIFEST.replace("source = \"one.wasm\"", outbound),
            &key,
            "origins in allowed_outbound_hosts only",
        );
    }
}

//! `tui-client config` and `tui-client keys`: what is in force here, printed.

use std::path::PathBuf;

use clap::Args as Arguments;

use super::{Args, SettingsError, Surroundings};
use crate::config::{self, Config};

/// The command line of `config` and of `keys`.
#[derive(Debug, Arguments)]
pub struct ReportArgs {
    /// Read this config file [default: tern/client.toml in the XDG config folder]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl ReportArgs {
    /// The settings of the config file and the environment, as a config file.
    pub fn settings(self, surroundings: Surroundings<'_>) -> Result<String, SettingsError> {
        let args = Args { config: self.config, ..Args::default() };
        let config = args.load(surroundings)?;
        Ok(config::document(&args.values(&config, surroundings)?, &config.keys))
    }

    /// The keys in force: key, action, what it does.
    pub fn keys(self, surroundings: Surroundings<'_>) -> Result<String, SettingsError> {
        let args = Args { config: self.config, ..Args::default() };
        Ok(args.load(surroundings)?.keys.table())
    }
}

impl Args {
    /// Reads the config file that is meant.
    pub(super) fn load(&self, surroundings: Surroundings<'_>) -> Result<Config, SettingsError> {
        let path = self.config.clone().or_else(|| (surroundings.variable)("TERN_CONFIG").map(PathBuf::from));
        Ok(Config::load(path.as_deref())?)
    }
}

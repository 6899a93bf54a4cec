//! Honest clients by the hundred, a network that misbehaves, and a checker that compares what was promised with what was
//! seen. The scenarios made of these are in [`crate::chaos`].

pub mod database;
mod history;
mod honest;
mod proxy;
mod seed;

pub use history::{Counts, Fault, History, Record};
pub use honest::{Honest, HonestPlan, PASSWORD, PHC, Trigger, user_name};
pub use proxy::{Proxy, Treatment};
pub use seed::Seed;

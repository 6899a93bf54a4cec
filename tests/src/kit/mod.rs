//! Honest clients by the hundred, a network that misbehaves, and a checker that compares what was promised with what was
//! seen. The scenarios made of these are in [`crate::chaos`].

mod history;
mod honest;
mod proxy;
mod seed;

pub use history::{Fault, History, Record};
pub use honest::{Honest, HonestPlan, Trigger, user_name};
pub use proxy::{Proxy, Treatment};
pub use seed::Seed;

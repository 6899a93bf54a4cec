//! What the developers' commands are made of.

#[cfg(feature = "chaos")]
pub mod chaos;
#[cfg(feature = "chaos")]
pub mod conformance;
#[cfg(feature = "pictures")]
pub mod picture;
#[cfg(feature = "pictures")]
pub mod screens;
#[cfg(feature = "pictures")]
pub mod screenshots;
#[cfg(feature = "pictures")]
pub mod specimen;

//! What the developers' commands are made of.

#[cfg(feature = "pictures")]
pub mod picture;
#[cfg(feature = "pictures")]
pub mod screens;
#[cfg(feature = "pictures")]
pub mod screenshots;
#[cfg(feature = "pictures")]
pub mod specimen;

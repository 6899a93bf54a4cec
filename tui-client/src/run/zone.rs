//! The time zone of this machine.

use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

/// Where Unix systems keep the rules of the local zone (`man 5 localtime`).
const LOCALTIME: &str = "/etc/localtime";

/// The zone that `TZ` names, or else that of the system.
///
/// [`TimeZone::system`] goes through all zones of the system to find the name of this one, some twenty folders at every
/// start. The rules themselves stand in one file, so that is tried first.
pub fn local_zone() -> TimeZone {
    let is_named = std::env::var_os("TZ").is_some();
    let zone = if is_named { None } else { zone_of(Path::new(LOCALTIME)) };
    zone.unwrap_or_else(TimeZone::system)
}

/// The rules in this file, with the name that its link gives them.
fn zone_of(file: &Path) -> Option<TimeZone> {
    let target = fs::read_link(file).unwrap_or_default();
    let name = target.to_str().and_then(|target| target.split_once("/zoneinfo/")).map_or("Local", |(_, name)| name);
    TimeZone::tzif(name, &fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 of the format of RFC 9636: no changes, one kind of local time, an hour and a half behind.
    fn rules() -> Vec<u8> {
        let mut file = b"TZif\0".to_vec();
        file.extend([0; 15]);
        for count in [0u32, 0, 0, 0, 1, 4] {
            file.extend(count.to_be_bytes());
        }
        file.extend((-5400i32).to_be_bytes());
        file.extend([0, 0]);
        file.extend(b"XYZ\0");
        file
    }

    #[test]
    fn the_rules_of_the_file_hold_under_the_name_of_its_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("zoneinfo/Ocean");
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join("Middle"), rules()).expect("a file");
        let link = folder.path().join("localtime");
        std::os::unix::fs::symlink(place.join("Middle"), &link).expect("a link");
        for (file, name) in [(link, "Ocean/Middle"), (place.join("Middle"), "Local")] {
            let zone = zone_of(&file).expect("a zone");
            assert_eq!(zone.iana_name(), Some(name));
            assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), -5400);
        }
    }

    #[test]
    fn a_file_that_means_nothing_is_no_zone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("localtime");
        assert!(zone_of(&file).is_none());
        fs::write(&file, "TZif and no more").expect("a file");
        assert!(zone_of(&file).is_none());
    }
}

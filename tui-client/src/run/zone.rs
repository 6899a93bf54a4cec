//! The time zone of this machine.

use std::fs;
use std::path::{Component, Path, PathBuf};

use jiff::tz::TimeZone;

/// Where Unix systems keep the rules of the local zone (`man 5 localtime`).
const LOCALTIME: &str = "/etc/localtime";

/// Where the rules of all zones are, by their names.
const ZONES: &str = "/usr/share/zoneinfo";

/// The zone that `TZ` names, or else that of the system.
///
/// [`TimeZone::system`] goes through all zones of the system to find the name of this one, some twenty folders at every
/// start. The rules themselves stand in one file, so that is tried first.
pub fn local_zone() -> TimeZone {
    let file = match std::env::var_os("TZ") {
        None => Some(LOCALTIME.into()),
        Some(name) => name.to_str().and_then(|name| named(Path::new(ZONES), name)),
    };
    file.and_then(|file| zone_of(&file)).unwrap_or_else(TimeZone::system)
}

/// The file of a zone that is called as the database writes it: `Australia/Sydney`. Whatever else `TZ` may say (POSIX.1
/// 8.3) is left to the library.
fn named(zones: &Path, name: &str) -> Option<PathBuf> {
    let file = zones.join(name);
    let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    (is_below && file.is_file()).then_some(file)
}

/// The rules in this file, with the name that its place or its link gives them.
fn zone_of(file: &Path) -> Option<TimeZone> {
    let target = fs::read_link(file).unwrap_or_default();
    let name = [file, &target].iter().find_map(|path| Some(path.to_str()?.split_once("/zoneinfo/")?.1));
    TimeZone::tzif(name.unwrap_or("Local"), &fs::read(file).ok()?).ok()
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
        let copy = folder.path().join("copy");
        fs::write(&copy, rules()).expect("a file");
        let by_name = named(&folder.path().join("zoneinfo"), "Ocean/Middle").expect("a file");
        for (file, name) in [(link, "Ocean/Middle"), (by_name, "Ocean/Middle"), (copy, "Local")] {
            let zone = zone_of(&file).expect("a zone");
            assert_eq!(zone.iana_name(), Some(name));
            assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds(), -5400);
        }
    }

    #[test]
    fn only_a_name_of_the_database_is_a_file_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let zones = folder.path().join("zoneinfo");
        fs::create_dir_all(zones.join("Ocean")).expect("a folder");
        fs::write(folder.path().join("secret"), rules()).expect("a file");
        let outside = folder.path().join("secret");
        let outside = outside.to_str().expect("a path of letters");
        for name in ["", "Ocean", "Ocean/None", "../secret", "Ocean/../../secret", "CET-1CEST", ":Ocean", outside] {
            assert_eq!(named(&zones, name), None, "{name}");
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

//! The seeds, without a fuzzer: what holds for a million made up inputs holds for these.

use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let files: Vec<_> = std::fs::read_dir(folder).expect("there are seeds").collect();
    assert!(!files.is_empty());
    for file in files {
        let path = file.expect("it can be read").path();
        println!("{}", path.display());
        run(&std::fs::read(path).expect("it can be read"));
    }
}

macro_rules! replay {
    ($($target:ident = $run:path;)+) => {
        $(#[test] fn $target() { replay(stringify!($target), $run) })+
    };
}

replay! {
    credentials = tern_fuzz::text::credentials;
    file_name = tern_fuzz::text::file_name;
    frame_client = tern_fuzz::frames::client;
    frame_peer = tern_fuzz::frames::peer;
    frame_server = tern_fuzz::frames::server;
    line_editor = tern_fuzz::text::line_editor;
    peer_session = tern_fuzz::peer::session;
    rules = tern_fuzz::chat::session;
    safe_text = tern_fuzz::text::sanitise;
}

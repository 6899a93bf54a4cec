//! What users are promised, shown with the real programs. One promise a file; its first lines say which.

mod accounts_on_disk;
mod bad_days;
mod block_history;
mod block_lists;
mod block_lobby;
mod block_messages;
mod block_presence;
mod block_survives;
mod clean_stop;
mod closed_streams;
mod comeback;
mod commands_from_arguments;
mod corrupt_key;
mod credentials_lines;
mod data_of_others;
mod direct_message;
mod disk_fails;
mod disk_full;
mod drain;
mod duplicate_login;
mod end_of_input;
mod exit_codes;
mod full_pipe;
mod harmless_output;
mod history;
mod hold_until_enter;
mod inactivity;
mod inbox_full;
mod invite_link;
mod json;
mod key_changed;
mod linger;
mod lobby;
mod lock_after_three_tries;
mod lock_survives_a_crash;
mod log_that_nobody_reads;
mod login_and_names;
mod message_limits;
mod no_registration;
mod no_tls;
mod operator_password;
mod password_change;
mod people_words;
mod plain_text_client;
mod port_in_use;
mod presence;
mod private_consent;
mod private_ends;
mod private_files;
mod private_sessions;
mod private_strangers;
mod python;
mod queue_and_unsend;
mod reconnect;
mod registration;
mod restart_on_the_port;
mod rude_frames;
mod screen_chat;
mod screen_drafts;
mod screen_editor;
mod screen_harmless;
mod screen_inactivity;
mod screen_keeps_typing;
mod screen_login;
mod screen_mouse;
mod screen_paste;
mod screen_private;
mod screen_sizes;
mod screen_slips;
mod screen_terminal;
mod screen_try;
mod screen_without_server;
mod sent_is_durable;
mod silent_lists;
mod stored_messages;
mod trust_list;
mod two_servers;
mod typing_is_not_split;
mod unknown_command;
mod unusable_folder;
mod whoelse;
mod whoelsesince;
mod wrong_passwords_cost_time;

/// A file that is not named above would be compiled by nobody and prove nothing.
#[test]
fn no_file_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e");
    let entries = std::fs::read_dir(folder).expect("the folder of this file is readable");
    for entry in entries {
        let name = entry.expect("the folder of this file is readable").file_name();
        let name = name.to_string_lossy();
        let module = name.strip_suffix(".rs").unwrap_or_else(|| panic!("{name} is no test"));
        let named = include_str!("main.rs").lines().any(|line| line == format!("mod {module};"));
        assert!(named || module == "main", "{name} is not named in main.rs");
    }
}

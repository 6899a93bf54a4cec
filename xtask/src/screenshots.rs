//! `cargo xtask screenshots`: pictures of the real programs, on real pseudo-terminals, for screenshots/ and the README.
//!
//! A real server with made-up people on loopback, real clients that talk, and one on the screen that is drawn. Both
//! programs are told what time it is, so that two runs give the same pictures. Nothing here waits for a time: each step
//! waits until the screen shows what it led to.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use e2e::{Home, PlainClient, PtyBuilder, PtyClient, TestServer};
use rustix::process::Signal;

use crate::picture::{Colours, DARK, Film, LIGHT, Picture, Renderer};

/// Where the server listens: the address is on the pictures.
const PORT: u16 = 4000;

/// The evening before, and the morning of the pictures, in milliseconds since 1970.
const YESTERDAY: &str = "1795121040000";
const TODAY: &str = "1795166040000";

/// Made-up people; every password is the same.
const PEOPLE: [&str; 8] = ["lena", "jonas", "amina", "kenji", "mira", "otto", "zoë", "Светлана"];
const PASSWORD: &str = "a quiet evening";

/// Rows and columns.
type Size = (u16, u16);
const WIDE: Size = (34, 120);

/// Makes all of them.
///
/// # Errors
///
/// When the programs cannot be built, port 4000 is taken, a font is missing or the folder cannot be written.
pub fn write(folder: &Path) -> Result<()> {
    build()?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (renderer, home, film) = (Renderer::new()?, Rc::new(Home::new()), RefCell::default());
    let studio = Studio { folder, renderer, home, film };
    let mut server = server();
    studio.logins(&server)?;
    yesterday(&mut server);
    let mut people = Company::enter(&server);
    studio.conversation(&server, &mut people)?;
    let film = studio.film.borrow().gif(&studio.renderer)?;
    fs::write(folder.join("demo.gif"), film).context("cannot write the film")
}

/// Like the tests, so that nothing is compiled twice.
fn build() -> Result<()> {
    let done = Command::new(env!("CARGO")).args(["build", "--workspace"]).status()?;
    if !done.success() {
        bail!("the programs do not build");
    }
    Ok(())
}

fn server() -> TestServer {
    let lines: Vec<String> = PEOPLE.iter().map(|name| format!("{name} {PASSWORD}\n")).collect();
    TestServer::with()
        .port(PORT)
        .block(60)
        .credentials(&lines.concat())
        .arg("--names")
        .arg("unicode")
        .env("TERN_CLOCK", YESTERDAY)
        .start()
}

/// What was said the evening before, and one message that waits; then the server starts anew, in the morning.
fn yesterday(server: &mut TestServer) {
    let mut amina = enter(server, "amina");
    let mut otto = enter(server, "otto");
    amina.answers("broadcast The relay goes down at ten, for the new disk.", "ok broadcast");
    otto.answers("broadcast Then I write my letters by hand tonight.", "ok broadcast");
    amina.answers("message lena Could you look at the relay notes before ten?", "ok message lena stored");
    amina.logout();
    otto.logout();
    server.plan().set_env("TERN_CLOCK", TODAY);
    server.restart();
}

fn enter(server: &TestServer, name: &str) -> PlainClient {
    server.client().user(name).password(PASSWORD).start_logged_in()
}

/// Everybody but the one who is looked over the shoulder.
struct Company {
    mira: PlainClient,
    kenji: PlainClient,
    otto: PlainClient,
    zoe: PlainClient,
    svetlana: PlainClient,
}

impl Company {
    fn enter(server: &TestServer) -> Self {
        let [mira, kenji, otto, zoe, svetlana] =
            ["mira", "kenji", "otto", "zoë", "Светлана"].map(|name| enter(server, name));
        Self { mira, kenji, otto, zoe, svetlana }
    }
}

struct Studio<'a> {
    folder: &'a Path,
    renderer: Renderer,
    /// The home of the one on the screen; it has met the server before.
    home: Rc<Home>,
    film: RefCell<Film>,
}

impl Studio<'_> {
    /// A client on a terminal of this size.
    fn client(&self, size: Size, theme: &str, arguments: &[&str]) -> PtyClient {
        let port = PORT.to_string();
        let arguments = [&["127.0.0.1", &port, "--theme", theme], arguments].concat();
        PtyBuilder::new("xterm-256color", &arguments)
            .env("COLORTERM", "truecolor")
            .env("TERN_CLOCK", TODAY)
            .size(size.0, size.1)
            .home(&self.home)
            .start()
    }

    fn take(&self, name: &str, client: &PtyClient, colours: &Colours) -> Result<()> {
        let picture = Picture::of(&client.view(), "tern", colours);
        let path = self.folder.join(name);
        fs::write(path.with_extension("png"), self.renderer.png(&picture)?)?;
        fs::write(path.with_extension("txt"), picture.text)?;
        Ok(())
    }

    /// A picture for the film, shown for so many milliseconds.
    fn shoot(&self, client: &PtyClient, span: u64) {
        let picture = Picture::of(&client.view(), "tern", &DARK);
        self.film.borrow_mut().add(picture, Duration::from_millis(span));
    }

    /// Types a text letter by letter, for the film.
    fn types(&self, client: &mut PtyClient, text: &str) {
        let mut typed = String::new();
        for letter in text.chars() {
            client.keys(letter.encode_utf8(&mut [0; 4]));
            typed.push(letter);
            client.expect_screen("what is typed", |screen| screen.contains(typed.trim_end()));
            self.shoot(client, 45);
        }
    }

    /// The login, an account being made, and a lock.
    fn logins(&self, server: &TestServer) -> Result<()> {
        // The first contact has happened: its notice is not on every picture.
        server.client().home(&self.home).user("lena").password(PASSWORD).start_logged_in().logout();
        let mut client = self.client(WIDE, "dark", &[]);
        let ready = |screen: &str| screen.contains("server reachable");
        client.expect_screen("the form", ready);
        client.keys("jonas\rmy password");
        client.expect_screen("the password, hidden", |screen| screen.contains("•••••••••••"));
        self.take("login", &client, &DARK)?;
        client.keys("\r");
        client.expect_screen("a refusal", |screen| screen.contains("2 tries left"));
        client.keys("once more\r");
        client.expect_screen("a refusal", |screen| screen.contains("1 try left"));
        client.keys("and again\r");
        client.expect_screen("the lock", |screen| screen.to_lowercase().contains("locked"));
        self.take("locked", &client, &DARK)?;
        let mut client = self.client(WIDE, "dark", &[]);
        client.expect_screen("the form", ready);
        client.keys("harbour\rsomething long\r");
        client.expect_screen("the offer of an account", |screen| screen.contains("Repeat it"));
        client.keys("something long\rsomething");
        client.expect_screen("both passwords", |screen| screen.matches("•••••••••").count() >= 2);
        self.take("register", &client, &DARK)
    }

    /// A morning in the lobby, at every size and in both shades.
    fn conversation(&self, server: &TestServer, people: &mut Company) -> Result<()> {
        let mut lena = self.client(WIDE, "dark", &["--user", "lena"]);
        lena.expect_screen("the password field", |screen| screen.contains("server reachable"));
        self.shoot(&lena, 900);
        lena.keys(PASSWORD);
        lena.expect_screen("the password, hidden", |screen| screen.contains(&"•".repeat(PASSWORD.len())));
        self.shoot(&lena, 700);
        lena.keys("\r");
        lena.expect_screen("the lobby, and what waited", |screen| {
            screen.contains("to everyone in the lobby") && screen.contains("@amina")
        });
        self.shoot(&lena, 900);
        self.talk(&mut lena, people);
        self.take("lobby", &lena, &DARK)?;
        self.shoot(&lena, 1500);
        lena.keys("/bl");
        lena.expect_screen("the completion", |screen| screen.contains("/blocked"));
        self.take("completion", &lena, &DARK)?;
        self.shoot(&lena, 1200);
        lena.keys("\u{3}");
        lena.expect_screen("an empty input", |screen| screen.contains("Message #lobby"));
        lena.keys("\u{1b}OP");
        lena.expect_screen("the help", |screen| screen.contains("quit"));
        self.take("help", &lena, &DARK)?;
        lena.keys("\u{1b}");
        lena.expect_screen("no help", |screen| screen.contains("Message #lobby"));
        self.sizes(&lena)?;
        self.search(&mut lena)?;
        self.direct(&mut lena, people);
        self.take("direct", &lena, &DARK)?;
        self.private(&mut lena, people)?;
        lena.keys("/logout\r");
        lena.exit();
        self.light(server, people)
    }

    fn sizes(&self, lena: &PtyClient) -> Result<()> {
        for (name, (rows, columns)) in [("80x24", (24, 80)), ("40x12", (12, 40))] {
            lena.resize(rows, columns);
            lena.expect_view("the lobby, painted for this size", |screen| {
                screen.size().0.get() == rows
                    && screen.rows(0, columns).last().is_some_and(|row| row.starts_with(" #lobby"))
            });
            self.take(name, lena, &DARK)?;
        }
        lena.resize(WIDE.0, WIDE.1);
        lena.expect_screen("the sidebar again", |screen| screen.contains("ONLINE"));
        Ok(())
    }

    /// A private session: asked for, open, and with a file on its way. The words, ports and speeds differ every time.
    fn private(&self, lena: &mut PtyClient, people: &mut Company) -> Result<()> {
        people.kenji.ok("startprivate lena");
        lena.expect_screen("the card", |screen| screen.contains("kenji wants to talk"));
        self.take("request", lena, &DARK)?;
        self.shoot(lena, 1600);
        lena.keys("\u{1b}y");
        people.kenji.expect_prefix("private open lena ");
        people.kenji.answers(
            "private lena Only the two of us here. Do you see the same four words?",
            "ok private lena delivered",
        );
        lena.keys("/go kenji\r");
        lena.expect_screen("a tab with kenji", |screen| screen.contains("@kenji"));
        // The private tab stands before the direct one.
        lena.keys("\u{1b}\u{1b}[D");
        lena.keys("\u{1b}[1;3D");
        lena.expect_screen("the private tab", |screen| screen.contains("to kenji, direct and private"));
        self.shoot(lena, 900);
        self.types(lena, "Yes, the very same. Nobody is in between, then.");
        lena.keys("\r");
        lena.expect_screen("the own line", |screen| screen.contains("in between, then.") && screen.contains('✓'));
        lena.keys("/verify\r");
        lena.expect_screen("the mark", |screen| screen.contains("is verified"));
        let film = self.home.path().join("harbour at dusk.mkv");
        fs::File::create(&film)?.set_len(2 << 30)?;
        people.kenji.ok(&format!("send lena {}", film.display()));
        lena.expect_screen("the offer", |screen| screen.contains("kenji offers"));
        self.take("private", lena, &DARK)?;
        self.shoot(lena, 1600);
        lena.keys("\u{1b}y");
        people.kenji.expect("file progress 1 25");
        people.kenji.signal(Signal::STOP);
        lena.expect_screen("the gauge", |screen| screen.contains(" s left"));
        self.take("transfer", lena, &DARK)?;
        self.shoot(lena, 2500);
        people.kenji.signal(Signal::CONT);
        lena.keys("/cancel 1\r");
        people.kenji.expect_prefix("file failed 1 lena");
        lena.keys("/stopprivate\r");
        people.kenji.expect("private closed lena by peer");
        Ok(())
    }

    fn light(&self, _server: &TestServer, people: &mut Company) -> Result<()> {
        let mut lena = self.client(WIDE, "light", &["--user", "lena"]);
        lena.expect_screen("the password field", |screen| screen.contains("server reachable"));
        lena.keys(&format!("{PASSWORD}\r"));
        lena.expect_screen("the lobby", |screen| screen.contains("see you there"));
        people.mira.answers("broadcast @lena the tide table is on the wall, too", "ok broadcast");
        lena.expect_screen("the last line", |screen| screen.contains("on the wall, too"));
        self.take("light", &lena, &LIGHT)
    }

    /// What is said in the lobby.
    fn talk(&self, lena: &mut PtyClient, people: &mut Company) {
        let says = |client: &mut PlainClient, text: &str| client.answers(&format!("broadcast {text}"), "ok broadcast");
        says(&mut people.mira, "Morning! The relay is back. Notes are here: https://example.org/relay/notes");
        says(&mut people.kenji, "おはよう！今日の会議は三時からです。資料は共有フォルダに入れました。");
        lena.expect_screen("the line before", |screen| screen.contains("三時"));
        self.shoot(lena, 900);
        self.types(lena, "Thanks! I'll test reconnects from the train today. ");
        lena.keys("Flaky Wi-Fi is the best fuzzer 🚆\r");
        lena.expect_screen("the own line", |screen| screen.contains("fuzzer") && screen.contains('✓'));
        says(&mut people.zoe, "`called unwrap() on an Err value: ConnectionReset`, has anyone seen this one?");
        says(
            &mut people.otto,
            "@lena yes: the half-closed socket. The peer now says goodbye before it drops the line.",
        );
        lena.expect_screen("what names her", |screen| screen.contains("half-closed"));
        self.shoot(lena, 900);
        people.otto.answers("me pours more tea", "ok me");
        says(&mut people.svetlana, "Спасибо, очень красиво! Где это снято?");
        people.otto.answers("away tea", "ok away");
        says(&mut people.kenji, "了解です 🎉 three o'clock, see you there");
        lena.expect_screen("the last line", |screen| screen.contains("see you there"));
    }

    /// A conversation of two.
    fn direct(&self, lena: &mut PtyClient, people: &mut Company) {
        people.mira.answers("message lena The pictures from the harbour are ready.", "ok message lena delivered");
        lena.expect_screen("the tab that has it", |screen| screen.contains("@mira"));
        self.shoot(lena, 900);
        lena.keys("/message mira Send them over, please. Nobody else needs to see my hat.\r");
        lena.expect_screen("the tab of mira", |screen| screen.contains("to mira, through the server"));
        lena.expect_screen("the own line", |screen| screen.contains("see my hat.") && screen.contains('✓'));
        people.mira.answers("message lena The hat is the best part.", "ok message lena delivered");
        lena.expect_screen("the answer", |screen| screen.contains("best part"));
        self.shoot(lena, 1400);
    }

    /// What was said the evening before is found, and gone back to.
    fn search(&self, lena: &mut PtyClient) -> Result<()> {
        self.types(lena, "/search relay");
        lena.keys("\r");
        lena.expect_screen("what was found", |screen| screen.contains("newest first") && screen.contains("new disk"));
        self.take("search", lena, &DARK)?;
        self.shoot(lena, 1600);
        lena.keys("\u{1b}[B\u{1b}[B\r");
        lena.expect_screen("the marked message", |screen| screen.contains("c copy"));
        self.take("marked", lena, &DARK)?;
        self.shoot(lena, 1400);
        lena.keys("\u{1b}");
        lena.expect_screen("no mark", |screen| !screen.contains("c copy"));
        lena.keys("\u{1b}[1;5F");
        lena.expect_screen("the end", |screen| screen.contains("see you there"));
        Ok(())
    }
}

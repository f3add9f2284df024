//! `tripline dev`: the whole pipeline on this machine, with rules that reload and a page to look at.
//!
//! The functions are those of AWS. `world` is their tables in SQLite; `pipeline` owns both and takes batches of `source` and of
//! `http` through them; `watch` hands it rules that changed; `api` answers what is asked of it between two batches.

mod api;
mod display;
mod http;
mod pipeline;
mod rules;
pub(crate) mod source;
mod state;
mod watch;
mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, broadcast, mpsc};
use tripline_engine::{RawFile, loader};

use self::display::Display;
use self::http::{Guard, Site};
use self::pipeline::{Clock, Order, Pipeline, SourceState, State};
use self::rules::{Read, Reload, Rules};
use self::source::{End, Feed, Files, Sample, Speed};
use self::watch::Watched;
use self::world::World;
use crate::args::DevArgs;
use crate::check::today;
use crate::failure::Failure;
use crate::input;
use crate::terminal::{Terminal, tame};

/// How many batches are read ahead.
const AHEAD: usize = 2;
/// How many orders may wait.
const ORDERS: usize = 64;
/// How many events of the stream a subscriber may be behind.
const BEHIND: usize = 256;
/// How many subscribers of the stream there are at most.
const SUBSCRIBERS: usize = 32;
/// How many requests are worked on at once at most.
const REQUESTS: usize = 64;

pub(crate) fn dev(args: &DevArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let files =
        loader::read_rules(&args.rules).map_err(|error| Failure::Message(error.to_string()))?;
    let Some((rules, reload)) = start(files.clone(), terminal) else {
        return Ok(ExitCode::from(1));
    };
    let path = (!args.ephemeral).then(|| store(args));
    if let Some(path) = path.as_deref().filter(|_| args.fresh) {
        remove(path)?;
    }
    let world = World::open(path.as_deref(), args.keep_events.get())?;
    let (source, name) = source(args, &world)?;

    let (batches, to_batches) = mpsc::channel(AHEAD);
    let (orders, to_orders) = mpsc::channel(ORDERS);
    let (events, _) = broadcast::channel(BEHIND);
    let display = Display::new(terminal);
    if args.once {
        terminal.note("no page with --once: the command ends with its source\n");
    } else {
        let site = Site {
            orders: orders.clone(),
            batches: batches.clone(),
            events: events.clone(),
            // It is known once the address is.
            guard: Arc::new(Guard::new(([127, 0, 0, 1], args.port).into(), None, None)),
            subscribers: Arc::new(Semaphore::new(SUBSCRIBERS)),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            folder: args.rules.as_path().into(),
        };
        let address = serve(args, site)?;
        terminal.note(&format!("the page is at {address}  (Ctrl-C ends)\n"));
        if args.open {
            open(&address);
        }
    }
    let stop = spawn(source, &name, &files, batches, &orders)?;
    let watched = Watched::new(&files, Arc::clone(&rules));
    let (folder, polls, to_pipeline) = (args.rules.clone(), args.poll, orders.clone());
    thread::spawn(move || watch::watch(&folder, polls, watched, &to_pipeline));

    let state = State::new(
        args.rules.display().to_string(),
        reload,
        SourceState {
            name,
            state: "running",
            text: "starting".to_owned(),
        },
    );
    let pipeline = Pipeline::new(state, (to_batches, to_orders), events, display, args.once);
    let ended = pipeline.run(&world, rules);
    drop(stop);
    ended.map(|()| ExitCode::SUCCESS)
}

/// The rules to begin with, and what is told of them; none if they have errors, which are drawn.
fn start(files: Vec<RawFile>, terminal: &Terminal) -> Option<(Arc<Rules>, Reload)> {
    match Read::files(files) {
        Read::Whole(rules, told) => {
            let number = rules.program.alerts().len() as u64;
            let summary = crate::terminal::counted(number, "alert");
            let reload = Reload {
                at: today(),
                ok: true,
                summary: format!("{summary} loaded"),
                millis: 0.0,
                diagnostics: told,
                tests: None,
                changes: Vec::new(),
            };
            Some((Arc::from(rules), reload))
        }
        Read::Broken(told) => {
            for one in told.iter().filter(|one| one.is_error()) {
                terminal.say(&one.drawn);
            }
            terminal.say(
                "the rules have errors, so there are none to run: mend them and start again\n",
            );
            None
        }
    }
}

/// Where the store is: beside the folder of the rules, unless it is named.
fn store(args: &DevArgs) -> PathBuf {
    let beside = || {
        let rules = args
            .rules
            .canonicalize()
            .unwrap_or_else(|_| args.rules.clone());
        let folder = rules
            .parent()
            .unwrap_or(Path::new(""))
            .join(".tripline/dev.db");
        // A short path is easier to read.
        let here = std::env::current_dir().ok();
        let short = here.and_then(|here| folder.strip_prefix(here).ok().map(Path::to_owned));
        short.unwrap_or(folder)
    };
    args.store.clone().unwrap_or_else(beside)
}

/// Removes a store, so that a new one is made.
fn remove(path: &Path) -> Result<(), Failure> {
    drop(World::open(Some(path), 1)?);
    for ending in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{ending}", path.display()));
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::path("remove", &file, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A source of events.
enum Source {
    Files(Files),
    Sample(Sample),
    /// What is posted, and nothing else.
    Posts,
    #[cfg(feature = "aws")]
    Stream(source::Stream),
}

/// Where a source was read to, if it was.
fn position<T: DeserializeOwned>(world: &World, source: &str) -> Result<Option<T>, Failure> {
    let stored = world.position(source)?;
    let read = stored
        .map(|stored| serde_json::from_str(&stored))
        .transpose();
    read.map_err(|error| {
        let message = format!(
            "where `{source}` was read to cannot be read: {error}; another --store begins anew"
        );
        Failure::Message(message)
    })
}

/// The stream of this name.
#[cfg(feature = "aws")]
fn stream(args: &DevArgs, stream: &str, world: &World) -> Result<(Source, String), Failure> {
    let name = format!("stream {stream}");
    let from = position(world, &name)?;
    let config = crate::deployment::within(async { Ok(args.aws.config().await) })?;
    let source = source::Stream {
        name: stream.to_owned(),
        shards: tripline_lambdas::aws::Shards::new(&config, stream),
        oldest: args.from_oldest,
        from,
    };
    Ok((Source::Stream(source), name))
}

#[cfg(not(feature = "aws"))]
fn stream(_: &DevArgs, _: &str, _: &World) -> Result<(Source, String), Failure> {
    let message = "this build reads no streams: build it with `cargo build --release -p tripline --features aws`";
    Err(Failure::Message(message.to_owned()))
}

/// The source that was asked for, from where it was read to, and its name.
fn source(args: &DevArgs, world: &World) -> Result<(Source, String), Failure> {
    if let Some(name) = &args.kinesis {
        return stream(args, name, world);
    }
    if args.aws.says_anything() {
        let message =
            "--endpoint-url, --region and --profile say where a stream is: name it with --kinesis";
        return Err(Failure::Message(message.to_owned()));
    }
    if args.post {
        return Ok((Source::Posts, "POST /events".to_owned()));
    }
    if args.events.is_empty() {
        let name = format!("sample {}", args.seed);
        let from = position(world, &name)?;
        let source = Sample {
            seed: args.seed,
            speed: args.speed.unwrap_or(Speed::Times(60.0)),
            from: from.unwrap_or(0),
        };
        return Ok((Source::Sample(source), name));
    }
    let mut name = "events".to_owned();
    for path in &args.events {
        let _ = write!(name, " {}", path.display());
    }
    let from = position(world, &name)?;
    let files = Files {
        inputs: input::expand(&args.events)?,
        speed: args.speed.unwrap_or(Speed::Max),
        follow: args.follow,
        from,
    };
    Ok((Source::Files(files), name))
}

/// Reads a source on a thread of its own; whoever drops what this gives ends it.
fn spawn(
    source: Source,
    name: &str,
    files: &[RawFile],
    batches: mpsc::Sender<pipeline::Batch>,
    orders: &mpsc::Sender<Order>,
) -> Result<std::sync::mpsc::Sender<()>, Failure> {
    let (stop, to_stop) = std::sync::mpsc::channel();
    // The settings say where an event has its time.
    let settings = files.iter().filter(|file| file.settings).cloned().collect();
    let Read::Whole(settings, _) = Read::files(settings) else {
        return Err(Failure::Message("the settings cannot be used".to_owned()));
    };
    let feed = Feed {
        batches,
        orders: orders.clone(),
        stop: to_stop,
        settings: settings.program,
        name: name.into(),
    };
    thread::spawn(move || {
        let ended = match &source {
            Source::Files(files) => files.read(&feed),
            Source::Sample(sample) => sample.read(&feed),
            #[cfg(feature = "aws")]
            Source::Stream(stream) => stream.read(&feed),
            Source::Posts => {
                feed.tell("waiting", "waiting for events to be posted".to_owned());
                feed.tick(Clock::Live).map_err(End::from)
            }
        };
        match ended {
            Ok(()) => match source {
                Source::Posts => {}
                _ => feed.tell("ended", format!("{} has ended", feed.name)),
            },
            Err(End::Closed) => {}
            Err(End::Failed(failure)) => {
                let text = match failure {
                    Failure::Message(message) => message,
                    Failure::Closed => "closed".to_owned(),
                };
                feed.tell("failed", text);
            }
        }
    });
    Ok(stop)
}

/// Serves the page on a thread of its own; gives its address.
fn serve(args: &DevArgs, site: Site) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Message(format!("cannot start the server: {error}")))?;
    let loopback = std::net::Ipv4Addr::LOCALHOST.into();
    let (listener, bound) =
        runtime.block_on(http::bind(args.listen.unwrap_or(loopback), args.port))?;
    let is_open = args.listen.is_some_and(|address| !address.is_loopback());
    let token = is_open.then(http::token).transpose()?;
    let address = match &token {
        Some(token) => format!("http://{bound}/?token={token}"),
        None => format!("http://{bound}"),
    };
    let orders = site.orders.clone();
    let site = Site {
        guard: Arc::new(Guard::new(bound, args.listen.filter(|_| is_open), token)),
        ..site
    };
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                () = http::serve(listener, site) => {}
                _ = tokio::signal::ctrl_c() => {
                    let _ = orders.send(Order::Stop).await;
                }
            }
        });
    });
    Ok(address)
}

/// Shows the page in a browser, where there is one.
fn open(address: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    // Whoever has no browser can read the address.
    let _ = std::process::Command::new(program)
        .arg(tame(address))
        .spawn();
}

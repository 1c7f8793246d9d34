//! `entaku`: the command line. What the commands do is in `entaku::cli`.
#![allow(clippy::large_futures)] // made once in a process, not for each request

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use entaku::bench::Scale;
use entaku::cli;
use entaku::kernel::config::Config;
use entaku::kernel::keys;

/// Answers are many small allocations of one thread; this one keeps memory small under load.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 円卓 Entaku
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve (also without any command)
    Serve,
    /// Bring the database's schema to this version (ENTAKU_OWNER_DATABASE_URL)
    Migrate,
    /// Prepare a database
    #[command(subcommand)]
    Db(Db),
    /// Municipalities
    #[command(subcommand)]
    Municipality(Municipality),
    /// Print the GraphQL schema
    Schema,
    /// The demo
    #[command(subcommand)]
    Demo(Demo),
    /// The bench: invented data, and what a driver needs to use it
    #[command(subcommand)]
    Bench(Bench),
    /// Enter a municipality to help, for some hours; its administrators are told
    #[command(subcommand)]
    Support(Support),
    /// The outbox
    #[command(subcommand)]
    Mail(Mail),
    /// The key ring
    #[command(subcommand)]
    Keys(Keys),
    /// The record of who did what, and its proof
    #[command(subcommand)]
    Audit(Audit),
    /// A person's data and how long it is kept
    #[command(subcommand)]
    Privacy(Privacy),
    /// Say whether the installation is well
    Doctor,
    /// Say whether the server on this host is ready
    Healthcheck,
}

#[derive(Subcommand)]
enum Db {
    /// Make roles and database as a superuser (ENTAKU_SUPERUSER_DATABASE_URL)
    Bootstrap {
        /// Print the SQL for a database administrator instead
        #[arg(long)]
        print: bool,
        /// The database's name
        #[arg(long, default_value = "entaku")]
        database: String,
    },
    /// Run a command beside a database that is gone afterwards
    Throwaway {
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
}

#[derive(Subcommand)]
enum Municipality {
    /// Make a municipality and print the invitation of its first administrator
    Create {
        /// 全国地方公共団体コード
        #[arg(long)]
        code: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// The first administrator's e-mail address
        #[arg(long)]
        admin_email: String,
    },
}

#[derive(Subcommand)]
enum Support {
    /// Open a session that only looks, and print its tokens
    Open {
        /// 全国地方公共団体コード
        #[arg(long)]
        municipality: String,
        /// Who enters, as the municipality is to read it
        #[arg(long)]
        operator: String,
        /// Why; it stands with everything that is looked at and done
        #[arg(long)]
        reason: String,
        /// For how many minutes, at most 240
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// List the newest sessions
    List {
        /// 全国地方公共団体コード
        #[arg(long)]
        municipality: String,
    },
    /// End a session
    End {
        /// 全国地方公共団体コード
        #[arg(long)]
        municipality: String,
        /// Its id (sup_…)
        #[arg(long)]
        id: String,
    },
}

#[derive(Subcommand)]
enum Audit {
    /// Go over the chain of hashes and name the first entry that was edited, deleted or cut off
    Verify {
        /// 全国地方公共団体コード; without it, every municipality
        #[arg(long)]
        municipality: Option<String>,
        /// Signed heads that were kept elsewhere (the output of `entaku audit heads`)
        #[arg(long)]
        heads: Option<PathBuf>,
    },
    /// Print the signed heads, to be kept elsewhere
    Heads {
        /// 全国地方公共団体コード; without it, every municipality
        #[arg(long)]
        municipality: Option<String>,
    },
    /// Dispose of the entries of a fiscal year whose retention period is over (ENTAKU_OWNER_DATABASE_URL)
    Dispose {
        /// The fiscal year, such as 2026
        #[arg(long)]
        fiscal_year: i32,
        /// The decision that disposes of them
        #[arg(long)]
        reason: String,
    },
}

#[derive(Subcommand)]
enum Privacy {
    /// Count what is due to be thrown away or made anonymous, and what will be on a day
    Due {
        /// 全国地方公共団体コード; without it, every municipality
        #[arg(long)]
        municipality: Option<String>,
        /// The day, such as 2027-04-01; without it, today
        #[arg(long)]
        on: Option<chrono::NaiveDate>,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Make the key ring (ENTAKU_KEYS_FILE, mode 0600) where there is none
    Init,
    /// Let the next key of a kind be used; restart the servers one after another afterwards
    Rotate {
        /// Which keys
        #[arg(default_value = "signing")]
        kind: KeyKind,
    },
    /// Say what each pepper and each sealing key is still needed for
    List,
    /// Seal with the newest key what is sealed with another
    Reseal,
    /// Forget a pepper or a sealing key that nothing needs any more
    Retire {
        /// Which keys
        kind: KeyKind,
        /// Its id, as `list` shows it; it may begin with a hyphen
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyKind {
    /// They sign access tokens
    Signing,
    /// They are mixed into password hashes
    Pepper,
    /// They seal secrets of second factors and of single sign-on
    Sealing,
}

impl From<KeyKind> for keys::Kind {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Signing => Self::Signing,
            KeyKind::Pepper => Self::Pepper,
            KeyKind::Sealing => Self::Sealing,
        }
    }
}

#[derive(Subcommand)]
enum Mail {
    /// List the newest mails: what, when, how often it was tried, why it was not sent
    List,
    /// Print a mail of the demo, which keeps mails in files
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Fill an empty database (ENTAKU_OWNER_DATABASE_URL, else the embedded one)
    Seed {
        /// How much
        #[arg(long)]
        scale: Scale,
    },
    /// Print a line of JSON for each large town: ids, places in lists, a token for five minutes
    Workload,
    /// Measure allocation runs; a line of JSON for each size, in a database without towns of the bench
    Runs {
        /// How many organizations
        #[arg(long, value_delimiter = ',', default_values_t = [30, 1_000, 10_000])]
        sizes: Vec<u32>,
    },
}

#[derive(Subcommand)]
enum Demo {
    /// Load the demo into the database, where it is not there yet
    Load,
    /// Print an access token of somebody with a role
    Token {
        /// 全国地方公共団体コード
        #[arg(long)]
        municipality: String,
        /// A role such as GRANT_STAFF
        #[arg(long)]
        role: String,
    },
}

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(cli::serve::STACK)
        .build()?
        .block_on(run())
}

async fn run() -> anyhow::Result<()> {
    cli::logging::begin();
    match Arguments::parse().command.unwrap_or(Verb::Serve) {
        Verb::Serve => Box::pin(cli::serve::run(Config::from_env()?)).await,
        Verb::Migrate => cli::bootstrap::migrate().await,
        Verb::Db(Db::Bootstrap { print, database }) => cli::bootstrap::bootstrap(&database, print).await,
        Verb::Db(Db::Throwaway { command }) => std::process::exit(cli::throwaway::run(&command).await?),
        Verb::Municipality(Municipality::Create { code, name, admin_email }) => {
            cli::municipality::create(Config::from_env()?, &code, &name, &admin_email).await
        }
        Verb::Schema => {
            use std::io::Write;
            Ok(std::io::stdout().write_all(entaku::api::schema::sdl().as_bytes())?)
        }
        Verb::Demo(Demo::Load) => Box::pin(cli::demo::load(Config::from_env()?)).await,
        Verb::Demo(Demo::Token { municipality, role }) => {
            cli::demo::token(Config::from_env()?, &municipality, &role).await
        }
        Verb::Bench(Bench::Seed { scale }) => cli::bench::seed(scale).await,
        Verb::Bench(Bench::Runs { sizes }) => cli::bench::runs(Config::from_env()?, &sizes).await,
        Verb::Bench(Bench::Workload) => cli::bench::workload(Config::from_env()?).await,
        Verb::Support(Support::Open { municipality, operator, reason, minutes }) => {
            cli::support::open(Config::from_env()?, &municipality, &operator, &reason, minutes).await
        }
        Verb::Support(Support::List { municipality }) => cli::support::list(Config::from_env()?, &municipality).await,
        Verb::Support(Support::End { municipality, id }) => {
            cli::support::end(Config::from_env()?, &municipality, &id).await
        }
        Verb::Mail(Mail::List) => cli::mail::list(Config::from_env()?).await,
        Verb::Mail(Mail::Show { id }) => cli::mail::show(&Config::from_env()?, &id),
        Verb::Keys(Keys::Init) => cli::keys::init(),
        Verb::Audit(Audit::Verify { municipality, heads }) => {
            cli::audit::verify(Config::from_env()?, municipality.as_deref(), heads.as_deref()).await
        }
        Verb::Audit(Audit::Heads { municipality }) => {
            cli::audit::heads(Config::from_env()?, municipality.as_deref()).await
        }
        Verb::Audit(Audit::Dispose { fiscal_year, reason }) => {
            cli::audit::dispose(Config::from_env()?, fiscal_year, &reason).await
        }
        Verb::Keys(Keys::Rotate { kind }) => cli::keys::rotate(kind.into()),
        Verb::Keys(Keys::List) => cli::keys::list(Config::from_env()?).await,
        Verb::Keys(Keys::Reseal) => cli::keys::reseal(Config::from_env()?).await,
        Verb::Keys(Keys::Retire { kind, id }) => cli::keys::retire(Config::from_env()?, kind.into(), &id).await,
        Verb::Privacy(Privacy::Due { municipality, on }) => {
            cli::privacy::due(Config::from_env()?, municipality.as_deref(), on).await
        }
        Verb::Doctor => cli::doctor::run(Config::from_env()?).await,
        Verb::Healthcheck => cli::healthcheck::run(Config::from_env()?.listen).await,
    }
}

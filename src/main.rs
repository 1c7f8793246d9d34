//! `entaku`: the command line. What the commands do is in `entaku::cli`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use entaku::bench::Scale;
use entaku::cli;
use entaku::kernel::config::Config;

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
    /// The outbox
    #[command(subcommand)]
    Mail(Mail),
    /// The key ring
    #[command(subcommand)]
    Keys(Keys),
    /// The record of who did what, and its proof
    #[command(subcommand)]
    Audit(Audit),
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
enum Keys {
    /// Make the key ring (ENTAKU_KEYS_FILE, mode 0600) where there is none
    Init,
    /// Let the next signing key sign; restart the servers one after another afterwards
    Rotate,
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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
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
        Verb::Bench(Bench::Workload) => cli::bench::workload(Config::from_env()?).await,
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
        Verb::Keys(Keys::Rotate) => cli::keys::rotate(),
        Verb::Doctor => cli::doctor::run(Config::from_env()?).await,
        Verb::Healthcheck => cli::healthcheck::run(Config::from_env()?.listen).await,
    }
}

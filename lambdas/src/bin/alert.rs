//! The alert function.
// The handler's calls lie so deep in one another that their size is found beyond the usual depth.
#![recursion_limit = "256"]

use lambda_runtime::Error;
use tripline_lambdas::alert::{AlertFunction, Topics};
use tripline_lambdas::aws::{Aws, Names};
use tripline_lambdas::function::{
    config, failed_start, program, required, serve, start_logging, variable,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let program = program(variable("RULES_DIR").as_deref()).map_err(failed_start)?;
    let program = program.without_aggregates();
    let topics = Topics::new(program.routes(), variable).map_err(failed_start)?;
    let names = Names {
        state: required("STATE_TABLE").map_err(failed_start)?,
        quarantine: required("QUARANTINE_TABLE").map_err(failed_start)?,
        stream: required("STREAM_NAME").map_err(failed_start)?,
        ..Names::default()
    };
    let aws = Aws::new(&config().await, names);
    serve("alert", &AlertFunction::new(&program, aws, topics)).await
}

//! The transform function.
// The handler's calls lie so deep in one another that their size is found beyond the usual depth.
#![recursion_limit = "256"]

use lambda_runtime::Error;
use tripline_lambdas::aws::{Aws, Names};
use tripline_lambdas::function::{
    config, failed_start, program, required, serve, start_logging, variable,
};
use tripline_lambdas::transform::TransformFunction;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let program = program(variable("RULES_DIR").as_deref()).map_err(failed_start)?;
    let program = program.without_alerts();
    let names = Names {
        aggregates: required("AGGREGATES_TABLE").map_err(failed_start)?,
        events: variable("EVENTS_TABLE"),
        quarantine: required("QUARANTINE_TABLE").map_err(failed_start)?,
        ..Names::default()
    };
    let aws = Aws::new(&config().await, names);
    serve("transform", &TransformFunction::new(&program, aws)).await
}

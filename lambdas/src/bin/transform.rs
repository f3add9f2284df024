//! The transform function.
// The handler's calls lie so deep in one another that their size is found beyond the usual depth.
#![recursion_limit = "256"]

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tripline_lambdas::aws::{self, Aws, Names};
use tripline_lambdas::function::{
    Calls, answer, failed_start, program, required, start_logging, variable,
};
use tripline_lambdas::invocation::Invocation;
use tripline_lambdas::transform::TransformFunction;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let rules = variable("RULES_DIR");
    let program = program(rules.as_deref()).map_err(failed_start)?;
    let program = program.without_alerts();
    let names = Names {
        aggregates: required("AGGREGATES_TABLE").map_err(failed_start)?,
        events: variable("EVENTS_TABLE"),
        quarantine: required("QUARANTINE_TABLE").map_err(failed_start)?,
        ..Names::default()
    };
    let aws = Aws::new(&aws::config().await, names);
    let function = TransformFunction::new(&program, aws);
    let calls = Calls::new("transform");
    let (function, calls) = (&function, &calls);
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<Box<RawValue>>| async move {
            let invocation = Invocation::read(event.payload.get())?;
            let counted = || (function.take_metrics(), function.world().take_durations());
            let done = calls
                .within(
                    &event.context,
                    async |call| match invocation {
                        Invocation::Records(records) => function.records(records, call).await,
                        // Its rows have no timers.
                        Invocation::Tick(_) => Ok(Vec::new()),
                    },
                    counted,
                )
                .await;
            Ok::<_, Error>(answer(&done?))
        },
    ))
    .await
}

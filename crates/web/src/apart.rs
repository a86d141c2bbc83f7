//! Work that waits for the disk, done off the threads that answer requests.
//!
//! The runtime compiles its whole machinery anew for every closure that it is given; a hundred and fifty pages give one each.
//! Here all of them pass through one boxed shape, so that it is compiled once.

use std::any::Any;

use bihuan_engine::Error;

type Done = Box<dyn Any + Send>;
type Task = Box<dyn FnOnce() -> Done + Send>;

/// Runs `work` on a thread that may wait.
///
/// # Errors
///
/// What the runtime says of work that came to no end (it is being shut down, or the work broke down).
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let done = run(Box::new(move || Box::new(work()))).await?;
    match done.downcast() {
        Ok(result) => Ok(*result),
        Err(_) => Err(Error::Other("work returned what it was not asked for".to_owned())),
    }
}

async fn run(task: Task) -> Result<Done, Error> {
    let done = tokio::task::spawn_blocking(task).await;
    done.map_err(|error| Error::Other(error.to_string()))
}

//! The thread pool: parallel loops whose overhead is about half a microsecond.
//!
//! The caller of a loop is worker 0. The others wait spinning for a millisecond, so that the many short
//! loops of one training step find them awake, and then park, because a pool that only spins collapses
//! as soon as another process wants a core. For the same reason a loop never waits for a worker that has
//! not begun: workers *join* an open region, and the caller waits only for those that joined.

use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cornu_graph::{Error, Result};

use super::SharedSlice;

/// How long an idle worker spins before it parks.
const SPIN: Duration = Duration::from_millis(1);

/// The most threads that a pool may have: the count of joined workers has 15 bits.
const MAX_THREADS: usize = 1 << 12;

// `Shared::state`: bit 0 says that a region is open, the next 15 bits count the workers inside it, the
// rest is the region's number (it may wrap: a worker compares it with that of the region it last left).
const OPEN: usize = 1;
const JOINED: usize = 1 << 1;
const JOINED_MASK: usize = ((1 << 15) - 1) << 1;
const REGION: usize = 1 << 16;

thread_local! {
    /// Whether this thread runs a chunk now: a loop inside a loop runs inline.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// One parallel loop: a closure without its type, and the number of chunks.
#[derive(Clone, Copy)]
struct Job {
    body: *const (),
    call: unsafe fn(*const (), usize),
    chunks: usize,
}

/// The first chunk of a thread's stretch that nobody has taken. On a cache line of its own.
#[repr(align(128))]
struct Next(AtomicUsize);

struct Shared {
    state: AtomicUsize,
    /// One for each thread.
    next: Box<[Next]>,
    job: UnsafeCell<Job>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    quit: AtomicBool,
    sleepers: AtomicUsize,
    sleep: Mutex<()>,
    wake: Condvar,
}

// SAFETY: `job` is the only field that is not `Sync`. It is written only by the thread that holds
// `Pool::region`, while no region is open and no worker is inside one; workers read it only after they
// joined the region that was opened (Release/Acquire on `state`) after the write. The closure it
// points to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as for `Sync`; the pointers in `job` are used only while the loop they belong to runs.
unsafe impl Send for Shared {}

/// A pool of threads that run parallel loops together with the thread that asks for them.
///
/// ```
/// use cornu_cpu::runtime::Pool;
/// let pool = Pool::new(2)?;
/// let mut squares = vec![0; 10];
/// pool.parallel_chunks(&mut squares, 4, |block, values| {
///     for (i, v) in values.iter_mut().enumerate() {
///         *v = (4 * block + i).pow(2);
///     }
/// });
/// assert_eq!(squares[9], 81);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub struct Pool {
    shared: Arc<Shared>,
    region: Mutex<()>,
    workers: Vec<JoinHandle<()>>,
}

/// The number of threads to use: `CORNU_NUM_THREADS` if set, else the processor's.
///
/// # Errors
/// When the variable is not a number from 1 to 4096.
pub fn default_threads() -> Result<usize> {
    threads_from(std::env::var("CORNU_NUM_THREADS").ok().as_deref())
}

fn threads_from(variable: Option<&str>) -> Result<usize> {
    let Some(text) = variable else {
        return Ok(std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_THREADS)));
    };
    match text.trim().parse() {
        Ok(n) if (1..=MAX_THREADS).contains(&n) => Ok(n),
        _ => Err(Error::invalid(
            "Pool",
            "CORNU_NUM_THREADS",
            format!("must be a number from 1 to {MAX_THREADS}"),
            format!("{text:?}"),
        )),
    }
}

impl Pool {
    /// A pool of `threads` threads, the caller's included: `threads - 1` are started.
    ///
    /// # Errors
    /// When `threads` is not in 1..=4096, or the system starts no more threads.
    pub fn new(threads: usize) -> Result<Pool> {
        if !(1..=MAX_THREADS).contains(&threads) {
            return Err(Error::invalid(
                "Pool",
                "threads",
                format!("must be from 1 to {MAX_THREADS}"),
                format!("threads={threads}"),
            ));
        }
        let shared = Arc::new(Shared {
            state: AtomicUsize::new(0),
            next: (0..threads).map(|_| Next(AtomicUsize::new(0))).collect(),
            job: UnsafeCell::new(Job { body: std::ptr::null(), call: call_nothing, chunks: 0 }),
            panic: Mutex::new(None),
            quit: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            sleep: Mutex::new(()),
            wake: Condvar::new(),
        });
        let mut pool = Pool { shared, region: Mutex::new(()), workers: Vec::new() };
        for i in 1..threads {
            let shared = Arc::clone(&pool.shared);
            let worker = std::thread::Builder::new()
                .name(format!("cornu-{i}"))
                .spawn(move || shared.work(i))
                .map_err(|e| {
                    Error::Backend(format!("cannot start thread {i} of {threads}: {e}"))
                })?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// The number of threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `body(i)` once for every `i` in `0..chunks`, on all threads, and returns when all are done.
    ///
    /// Which thread takes which chunk is not certain: results that must not depend on the number of threads
    /// need chunks that do not either. A call from inside `body`, or while another thread uses the pool,
    /// runs on the calling thread alone.
    ///
    /// # Panics
    /// With the first panic of `body`; chunks not yet begun are then skipped. The pool stays usable.
    pub fn parallel_for<F: Fn(usize) + Sync>(&self, chunks: usize, body: F) {
        let region = if chunks <= 1 || self.workers.is_empty() || INSIDE.get() {
            None
        } else {
            self.region.try_lock().ok()
        };
        match region {
            Some(region) => self.run(region, chunks, &body),
            None => (0..chunks).for_each(body),
        }
    }

    /// As [`Pool::parallel_for`], for a `body` that can fail: all chunks are done all the same.
    ///
    /// # Errors
    /// The error that came first.
    ///
    /// # Panics
    /// As [`Pool::parallel_for`].
    pub fn try_parallel_for<F>(&self, chunks: usize, body: F) -> Result<()>
    where
        F: Fn(usize) -> Result<()> + Sync,
    {
        let failed = OnceLock::new();
        self.parallel_for(chunks, |i| {
            if let Err(error) = body(i) {
                let _ = failed.set(error);
            }
        });
        failed.into_inner().map_or(Ok(()), Err)
    }

    /// Cuts `values` into blocks of `block` elements (the last may be shorter) and calls
    /// `body(i, block i)` once for each, as [`Pool::parallel_for`] does.
    ///
    /// # Panics
    /// With the first panic of `body`, or when `block` is 0.
    pub fn parallel_chunks<T, F>(&self, values: &mut [T], block: usize, body: F)
    where
        T: Send,
        F: Fn(usize, &mut [T]) + Sync,
    {
        assert!(block > 0, "blocks must have at least one element");
        let shared = SharedSlice::new(values);
        self.parallel_for(shared.len().div_ceil(block), |i| {
            let end = shared.len().min((i + 1) * block);
            // SAFETY: blocks of different `i` are disjoint, and every `i` comes once.
            body(i, unsafe { shared.slice(i * block..end) });
        });
    }

    fn run<F: Fn(usize) + Sync>(&self, region: MutexGuard<'_, ()>, chunks: usize, body: &F) {
        let shared = &*self.shared;
        // SAFETY: no region is open, none joined (the last one waited), and the lock is held.
        unsafe {
            *shared.job.get() =
                Job { body: std::ptr::from_ref(body).cast(), call: call_body::<F>, chunks };
        }
        for (thread, next) in shared.next.iter().enumerate() {
            next.0.store(shared.stretch(thread, chunks).start, Ordering::Relaxed);
        }
        let number = (shared.state.load(Ordering::Relaxed) & !(REGION - 1)).wrapping_add(REGION);
        // SeqCst here and on `sleepers` below: either this thread sees the sleeper, or the
        // sleeper, which looks again after announcing itself, sees the region.
        shared.state.store(number | OPEN, Ordering::SeqCst);
        if shared.sleepers.load(Ordering::SeqCst) > 0 {
            let _sleep = lock(&shared.sleep);
            shared.wake.notify_all();
        }
        shared.take_chunks(0);
        shared.state.fetch_and(!OPEN, Ordering::Relaxed);
        let mut spins = 0u32;
        // From here no worker can join, so `body` is unused when those inside have left.
        while shared.state.load(Ordering::Acquire) & JOINED_MASK != 0 {
            spins += 1;
            if spins.is_multiple_of(1 << 12) {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
        let panic = lock(&shared.panic).take();
        drop(region);
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::SeqCst);
        {
            let _sleep = lock(&self.shared.sleep);
            self.shared.wake.notify_all();
        }
        for worker in self.workers.drain(..) {
            // A worker catches the panics of chunks, so it ends without one.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} threads)", self.threads())
    }
}

impl Shared {
    /// The life of a worker, the thread of this number.
    fn work(&self, thread: usize) {
        let mut last = 0;
        while let Some(seen) = self.wait(last) {
            let joined = self.state.compare_exchange(
                seen,
                seen + JOINED,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if joined.is_ok() {
                last = seen & !(REGION - 1);
                self.take_chunks(thread);
                self.state.fetch_sub(JOINED, Ordering::Release);
            }
        }
    }

    /// Waits for an open region other than `last`; its state, or nothing when the pool ends.
    fn wait(&self, last: usize) -> Option<usize> {
        let fresh = |state: usize| state & OPEN != 0 && state & !(REGION - 1) != last;
        loop {
            let deadline = Instant::now() + SPIN;
            loop {
                for _ in 0..64 {
                    let state = self.state.load(Ordering::Acquire);
                    if fresh(state) {
                        return Some(state);
                    }
                    std::hint::spin_loop();
                }
                if self.quit.load(Ordering::Relaxed) {
                    return None;
                }
                if Instant::now() >= deadline {
                    break;
                }
            }
            let mut sleep = lock(&self.sleep);
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            while !fresh(self.state.load(Ordering::SeqCst)) && !self.quit.load(Ordering::SeqCst) {
                sleep = self.wake.wait(sleep).unwrap_or_else(PoisonError::into_inner);
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// The chunks of a thread.
    fn stretch(&self, thread: usize, chunks: usize) -> Range<usize> {
        let threads = self.next.len();
        thread * chunks / threads..(thread + 1) * chunks / threads
    }

    /// Runs chunks until none is left, those of `thread` first. Only inside a region.
    fn take_chunks(&self, thread: usize) {
        // SAFETY: this thread opened the region or joined it, so nobody writes the job.
        let job = unsafe { *self.job.get() };
        let threads = self.next.len();
        INSIDE.set(true);
        let run = catch_unwind(AssertUnwindSafe(|| {
            for owner in (thread..threads).chain(0..thread) {
                let (next, end) = (&self.next[owner].0, self.stretch(owner, job.chunks).end);
                while next.load(Ordering::Relaxed) < end {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= end {
                        break;
                    }
                    // SAFETY: `body` is the closure that `call` was made for; the caller of the loop
                    // keeps it alive until everyone has left the region.
                    unsafe { (job.call)(job.body, i) };
                }
            }
        }));
        INSIDE.set(false);
        if let Err(payload) = run {
            // Half the range is far above any number of chunks, and cannot overflow.
            self.next.iter().for_each(|next| next.0.store(usize::MAX / 2, Ordering::Relaxed));
            lock(&self.panic).get_or_insert(payload);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// # Safety
/// None: the job of a pool that has run nothing.
unsafe fn call_nothing(_: *const (), _: usize) {}

/// # Safety
/// `body` must point to a live `F`.
unsafe fn call_body<F: Fn(usize) + Sync>(body: *const (), chunk: usize) {
    // SAFETY: the caller's promise.
    unsafe { (*body.cast::<F>())(chunk) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_runs_once() {
        for threads in [1, 2, 5] {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.threads(), threads);
            for chunks in [0, 1, 2, 3, 100, 1000] {
                let counts: Vec<_> = (0..chunks).map(|_| AtomicUsize::new(0)).collect();
                pool.parallel_for(chunks, |i| {
                    counts[i].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn the_first_error_comes_back_and_every_chunk_runs() {
        let pool = Pool::new(2).unwrap();
        let done = AtomicUsize::new(0);
        let body = |bad: usize| {
            let done = &done;
            move |i| {
                done.fetch_add(1, Ordering::Relaxed);
                if i == bad { Err(Error::Backend(format!("chunk {i}"))) } else { Ok(()) }
            }
        };
        assert!(pool.try_parallel_for(20, body(20)).is_ok());
        let error = pool.try_parallel_for(20, body(7)).unwrap_err();
        assert!(error.to_string().contains("chunk 7"), "{error}");
        assert_eq!(done.into_inner(), 40);
    }

    #[test]
    fn many_regions_spinning_and_parked() {
        let pool = Pool::new(3).unwrap();
        let total = AtomicUsize::new(0);
        for round in 0..3000 {
            pool.parallel_for(7, |i| {
                total.fetch_add(i, Ordering::Relaxed);
            });
            if round % 600 == 0 {
                std::thread::sleep(Duration::from_millis(3));
            }
        }
        assert_eq!(total.into_inner(), 3000 * 21);
    }

    #[test]
    fn every_thread_begins_with_its_own_chunks() {
        let pool = Pool::new(2).unwrap();
        let others = AtomicUsize::new(0);
        let caller = std::thread::current().id();
        // Each chunk waits (up to a limit) for the other, so one thread alone would hold both.
        let begun = AtomicUsize::new(0);
        pool.parallel_for(2, |i| {
            begun.fetch_add(1, Ordering::SeqCst);
            let deadline = Instant::now() + Duration::from_secs(20);
            while begun.load(Ordering::SeqCst) < 2 && Instant::now() < deadline {
                std::thread::yield_now();
            }
            if std::thread::current().id() != caller {
                others.fetch_add(i, Ordering::SeqCst);
            }
        });
        // The caller took chunk 0, the other thread chunk 1.
        assert_eq!(others.into_inner(), 1);
    }

    #[test]
    fn nested_loops_run_inline() {
        let pool = Pool::new(2).unwrap();
        let total = AtomicUsize::new(0);
        pool.parallel_for(8, |_| {
            let me = std::thread::current().id();
            pool.parallel_for(8, |_| {
                assert_eq!(std::thread::current().id(), me);
                total.fetch_add(1, Ordering::Relaxed);
            });
        });
        assert_eq!(total.into_inner(), 64);
    }

    #[test]
    fn several_callers_share_a_pool() {
        let pool = Pool::new(2).unwrap();
        let total = AtomicUsize::new(0);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..200 {
                        pool.parallel_for(10, |i| {
                            total.fetch_add(i, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(total.into_inner(), 4 * 200 * 45);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        let pool = Pool::new(2).unwrap();
        for threads_panic in [false, true] {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                pool.parallel_for(64, |i| assert!(!(threads_panic || i == 13), "chunk failed"));
            }));
            let payload = caught.unwrap_err();
            assert!(payload.downcast_ref::<&str>().is_some_and(|s| s.contains("chunk failed")));
            let total = AtomicUsize::new(0);
            pool.parallel_for(10, |i| {
                total.fetch_add(i, Ordering::Relaxed);
            });
            assert_eq!(total.into_inner(), 45);
        }
    }

    #[test]
    fn blocks_cover_the_slice() {
        let pool = Pool::new(2).unwrap();
        let mut values = vec![0usize; 1003];
        pool.parallel_chunks(&mut values, 10, |b, part| {
            assert_eq!(part.len(), if b == 100 { 3 } else { 10 });
            part.iter_mut().enumerate().for_each(|(i, v)| *v = b * 10 + i);
        });
        assert!(values.iter().enumerate().all(|(i, &v)| i == v));
    }

    #[test]
    fn bad_thread_counts_are_errors() {
        assert_eq!(threads_from(Some(" 3 ")).unwrap(), 3);
        assert!(threads_from(None).unwrap() >= 1);
        for bad in ["0", "-1", "two", "", "5000"] {
            let text = threads_from(Some(bad)).unwrap_err().to_string();
            assert!(text.contains("CORNU_NUM_THREADS") && text.contains(bad), "{text}");
        }
        assert!(Pool::new(0).is_err());
    }
}

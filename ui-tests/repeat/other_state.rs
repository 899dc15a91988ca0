use pgflow::Repeat;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn poll(repeat: Repeat<u32>) -> pgflow::Result<u32> {
        repeat.after(std::time::Duration::from_secs(1), "two")
    }
}

fn main() {
    let _ = orders::poll(Repeat::new(None));
}

#[pgflow::workflow]
mod orders {
    #[pgflow::step]
    pub async fn reserve(input: Vec<u32>) -> pgflow::Result<u32> {
        Ok(input[0])
    }

    #[pgflow::step(on_failure, depends_on = [reserve], delay = "1m")]
    pub async fn release(reserve: u32) -> pgflow::Result<u32> {
        Ok(reserve)
    }
}

fn main() {
    let _ = orders::reserve(vec![]);
}

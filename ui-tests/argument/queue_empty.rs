#[pgflow::workflow]
mod orders {
    #[pgflow::step(queue = "")]
    pub async fn reserve() -> pgflow::Result<u32> {
        Ok(1)
    }
}

fn main() {
    let _ = orders::reserve();
}

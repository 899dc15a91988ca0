#[pgflow::workflow]
mod orders {
    #[pgflow::step(queue = 7)]
    pub async fn reserve() -> pgflow::Result<u32> {
        Ok(1)
    }
}

fn main() {
    let _ = orders::reserve();
}

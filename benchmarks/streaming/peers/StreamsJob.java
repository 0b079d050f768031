import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams: the reference jobs with its processor API and one thread. First exposures are in
 * one store, counts in another; both have a changelog. Tells what measure.py tells.
 */
public final class StreamsJob {
    private static final long EVERY = 5_000;
    private static final CountDownLatch DONE = new CountDownLatch(1);
    private static long events;
    private static volatile long seen;

    public static void main(String[] arguments) throws Exception {
        String servers = arguments[0];
        String topic = arguments[1];
        boolean stateful = arguments[2].equals("stateful");
        String group = arguments[3];
        events = Long.parseLong(arguments[4]);
        String stateDirectory = arguments[5];
        String guarantee = arguments[6];
        boolean inMemory = arguments[7].equals("memory");
        var system =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long before = system.getProcessCpuTime();
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, group);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.String().getClass());
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArray().getClass());
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        if (stateful) {
            builder.addStateStore(store("first", inMemory, Serdes.String()));
            builder.addStateStore(store("counts", inMemory, Serdes.Long()));
            builder.<String, byte[]>stream(topic).process(Keep::new, "first", "counts");
        } else {
            builder.<String, byte[]>stream(topic).process(Parse::new);
        }
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        DONE.await();
        streams.close(Duration.ofSeconds(60));
        double cpu = (system.getProcessCpuTime() - before) / 1e9;
        System.out.printf(
            "{\"mark\": \"result\", \"events\": %d, \"cpu\": %.3f, \"memory_mb\": %d}%n",
            seen, cpu, peakMegabytes());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static <V> StoreBuilder<KeyValueStore<String, V>> store(
            String name, boolean inMemory, Serde<V> serde) {
        KeyValueBytesStoreSupplier kind =
            inMemory ? Stores.inMemoryKeyValueStore(name) : Stores.persistentKeyValueStore(name);
        return Stores.keyValueStoreBuilder(kind, Serdes.String(), serde);
    }

    private static long peakMegabytes() throws java.io.IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        return 0;
    }

    /** Counts an event; called from the one thread that processes. */
    private static void count() {
        long now = seen + 1;
        seen = now;
        if (now == 1 || now % EVERY == 0 || now == events) {
            System.out.printf(
                "{\"mark\": \"%s\", \"at\": %.6f, \"events\": %d}%n",
                now == 1 ? "first" : "seen", System.nanoTime() / 1e9, now);
            System.out.flush();
        }
        if (now == events) {
            DONE.countDown();
        }
    }

    private static final class Parse implements Processor<String, byte[], Void, Void> {
        private final ObjectMapper mapper = new ObjectMapper();

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                mapper.readTree(record.value());
            } catch (java.io.IOException error) {
                throw new IllegalStateException(error);
            }
            count();
        }
    }

    private static final class Keep implements Processor<String, byte[], Void, Void> {
        private final ObjectMapper mapper = new ObjectMapper();
        private KeyValueStore<String, String> first;
        private KeyValueStore<String, Long> counts;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            first = context.getStateStore("first");
            counts = context.getStateStore("counts");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                JsonNode event = mapper.readTree(record.value());
                String unit = event.get("unit").asText();
                String name = event.get("experiment").asText() + "/" + event.get("variant").asText();
                if (first.putIfAbsent(unit, name + "/" + event.get("at").asLong()) == null) {
                    Long before = counts.get(name);
                    counts.put(name, before == null ? 1L : before + 1);
                }
            } catch (java.io.IOException error) {
                throw new IllegalStateException(error);
            }
            count();
        }
    }
}

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams: the reference jobs with its processor API, one thread, state in RocksDB. */
public final class StreamsJob {
    private static final AtomicLong SEEN = new AtomicLong();
    private static final Map<String, Long> COUNTS = new ConcurrentHashMap<>();
    private static volatile long first;

    public static void main(String[] arguments) throws Exception {
        String servers = arguments[0];
        boolean stateful = arguments[1].equals("stateful");
        long events = Long.parseLong(arguments[2]);
        String guarantee = arguments[3];
        var system =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-streams-" + arguments[1] + guarantee);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("bench").toString());
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.String().getClass());
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArray().getClass());
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        if (stateful) {
            builder.addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore("first"), Serdes.String(), Serdes.String()));
            builder.<String, byte[]>stream("bench.exposure.recorded.v1").process(Keep::new, "first");
        } else {
            builder.<String, byte[]>stream("bench.exposure.recorded.v1").process(Parse::new);
        }
        long before = system.getProcessCpuTime();
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        while (SEEN.get() < events) {
            Thread.sleep(20);
        }
        double seconds = (System.nanoTime() - first) / 1e9;
        double cpu = (system.getProcessCpuTime() - before) / 1e3;
        long memory = 0;
        for (String line : Files.readAllLines(java.nio.file.Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                memory = Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        System.out.printf(
            "{\"events\": %d, \"seconds\": %.2f, \"events_per_second\": %.0f, "
                + "\"cpu_us_per_event\": %.2f, \"memory_mb\": %d, \"counts\": %s}%n",
            SEEN.get(), seconds, SEEN.get() / seconds, cpu / SEEN.get(), memory,
            new ObjectMapper().writeValueAsString(new TreeMap<>(COUNTS)));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static void count() {
        if (SEEN.getAndIncrement() == 0) {
            first = System.nanoTime();
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
        private KeyValueStore<String, String> store;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            store = context.getStateStore("first");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            try {
                JsonNode event = mapper.readTree(record.value());
                String unit = event.get("unit").asText();
                String name = event.get("experiment").asText() + "/" + event.get("variant").asText();
                if (store.putIfAbsent(unit, name + "/" + event.get("at").asLong()) == null) {
                    COUNTS.merge(name, 1L, Long::sum);
                }
            } catch (java.io.IOException error) {
                throw new IllegalStateException(error);
            }
            count();
        }
    }
}
